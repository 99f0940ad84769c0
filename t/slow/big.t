#!/bin/bash
# The sizes that the README promises: 5 GiB in one file, 10,000 files in a tree, at goals 1, 2 and 3.
. "$(dirname "$0")/../lib/tap.sh"
plan 12

cluster_start --nodes 3 || exit 1
# 5 GiB that are nowhere the same, made quickly: a counter through AES.
openssl enc -aes-128-ctr -nosalt -pass pass:moon -in /dev/zero 2>/dev/null | head -c 5368709120 >"$tmp/big"
sum=$(sha256sum <"$tmp/big")
for goal in 1 2 3; do
  ok "5 GiB at goal $goal are stored" dfs put --goal $goal "$tmp/big" "/big$goal"
  is "$(dfs get "/big$goal" - | sha256sum)" "$sum" "and come back"
  dfs rm --now "/big$goal"
done

mkdir "$tmp/tree"
for d in $(seq 0 99); do
  mkdir "$tmp/tree/$d"
  for f in $(seq 0 99); do head -c $(((d * 100 + f) * 7 % 16000)) "$tmp/big" >"$tmp/tree/$d/$f"; done
done
for goal in 1 2 3; do
  ok "10,000 files at goal $goal are stored" dfs put -r --goal $goal "$tmp/tree" "/tree$goal"
  dfs get -r "/tree$goal" "$tmp/back" && diff -r "$tmp/tree" "$tmp/back"
  tap $? "and come back"
  rm -rf "$tmp/back"
done

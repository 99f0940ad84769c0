#!/bin/bash
# A put over a file is atomic: whoever reads meanwhile sees the old bytes or the new ones, whole, and never an error.
. "$(dirname "$0")/lib/tap.sh"
plan 5

cluster_start --nodes 3 || exit 1
head -c 3000000 /dev/urandom >"$tmp/a"; head -c 2500001 /dev/urandom >"$tmp/b"
sums=$(sha256sum <"$tmp/a"; sha256sum <"$tmp/b")
dfs put --goal 2 --chunk-size 1M "$tmp/a" /file
reader() { # N
  while [ ! -e "$tmp/enough" ]; do
    if dfs get /file - 2>>"$tmp/err.$1" | sha256sum >"$tmp/sum.$1"; then cat "$tmp/sum.$1" >>"$tmp/seen.$1"; fi
  done
}
for i in 1 2 3; do reader $i & done
seen() { cat "$tmp"/seen.* 2>/dev/null | wc -l; }
enough() { [ "$(seen)" -ge 40 ] && [ "$(sort -u "$tmp"/seen.* | wc -l)" -ge 2 ]; }
good=0 rounds=0
until enough || [ $rounds = 400 ]; do
  rounds=$((rounds + 1))
  { dfs put --goal 2 --chunk-size 1M "$tmp/b" /file && dfs put --goal 2 --chunk-size 1M "$tmp/a" /file; } || good=1
done
touch "$tmp/enough"
wait
tap $good "the file is replaced $((2 * rounds)) times"
ok "it is read many times meanwhile, in both states" enough
is "$(cat "$tmp"/seen.* | grep -vF "$sums" | wc -l)" 0 "each time it is the old bytes or the new ones"
is "$(cat "$tmp"/err.*)" "" "and no reader is told of an error"
ok "the cluster is well" dfs status

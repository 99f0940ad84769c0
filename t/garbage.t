#!/bin/bash
# What is removed frees its space: names at once, chunks when no reader can hold a ticket for them any more (RULES 9, 13).
. "$(dirname "$0")/lib/tap.sh"
plan 7

port=$(free_port) cluster_dir=$tmp/cluster key=$tmp/cluster/cluster.key
cluster_dirs+=("$cluster_dir")
dfs init --dir "$cluster_dir" --listen 127.0.0.1:$port || exit 1
"$dfs_program" master --dir "$cluster_dir/master" --key "$key" --listen 127.0.0.1:$port --linger 1 --ticket 1000 \
  >"$tmp/master.log" 2>&1 &
for n in 1 2; do
  dfs init --datanode --dir "$cluster_dir/node$n" --key "$key"
  "$dfs_program" datanode --dir "$cluster_dir/node$n" --key "$key" --master 127.0.0.1:$port --listen "127.0.0.1:$((port + n))" \
    >"$tmp/node$n.log" 2>&1 &
done
export DFS_CONFIG=$cluster_dir/client.lua
await nodes_up 2

head -c 3000000 /dev/urandom >"$tmp/in"
mkdir "$tmp/tree"; for i in $(seq 1 50); do head -c 1000 /dev/urandom >"$tmp/tree/$i"; done
dfs put --goal 2 --chunk-size 1M "$tmp/in" /file && dfs put -r --goal 2 "$tmp/tree" /tree
files() { find "$cluster_dir"/node*/data -name "$of_files" | wc -l; }
is "$(files)" 106 "three chunks and fifty, twice"
dfs put --goal 2 --chunk-size 1M "$tmp/in" /file
less_than() { [ "$(files)" -le "$1" ]; }
ok "chunks of an overwritten file go" await less_than 106
ok "rm -r --now" dfs rm -r --now /tree
ok "chunks of a removed tree go" await less_than 6
dfs get /file "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "the others stay"
counted() { [ "$(dfs status --json | jq -r .chunks)" = 3 ]; }
ok "the metadata forgets them" await counted
ok "all is well" dfs status

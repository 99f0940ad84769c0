#!/bin/bash
# A replica that the metadata does not know goes after its grace, and is told until then (RULES 16).
. "$(dirname "$0")/lib/tap.sh"
plan 10

port=$(free_port) cluster_dir=$tmp/cluster key=$tmp/cluster/cluster.key
cluster_dirs+=("$cluster_dir")
dfs init --dir "$cluster_dir" --listen 127.0.0.1:$port || exit 1
master() { # AGE of the grace
  "$dfs_program" master --dir "$cluster_dir/master" --key "$key" --listen 127.0.0.1:$port --linger 1 --ticket 1000 \
    --orphan-grace "$1" 2>>"$tmp/master.log" &
}
node() {
  "$dfs_program" datanode --dir "$cluster_dir/node$1" --key "$key" --master 127.0.0.1:$port --listen "127.0.0.1:$((port + $1))" \
    2>>"$tmp/node$1.log" &
}
master 1h
for n in 1 2; do
  dfs init --datanode --dir "$cluster_dir/node$n" --key "$key"
  node $n
done
export DFS_CONFIG=$cluster_dir/client.lua
await nodes_up 2

files() { find "$cluster_dir"/node*/data -name "$of_files" | wc -l; }
count_is() { [ "$(files)" = "$1" ]; }
told() { [ "$(dfs status --json | jq -r ".$1 // \"0\"")" = "$2" ]; }
head -c 3000000 /dev/urandom >"$tmp/in"
dfs put --goal 2 --chunk-size 1M "$tmp/in" /file && dfs put --goal 2 --chunk-size 1M "$tmp/in" /kept
is "$(files)" 12 "two files in six chunks, twice"

# The disk of node 1 as it was before the file was removed, as after a repair of its machine from a backup.
role_kill node1
cp -r "$cluster_dir/node1/data" "$tmp/then"
node 1
await nodes_up 2
dfs rm --now /file
ok "its chunks are deleted" await count_is 6
ok "and forgotten" await told chunks 3
role_kill node1
rm -rf "$cluster_dir/node1/data"
mv "$tmp/then" "$cluster_dir/node1/data"
node 1
ok "what turns up again is told" await told orphans 3
is "$(dfs status --json | jq -r .orphan_bytes)" 3000000 "with its bytes"
like "$(dfs status)" '^orphans +3 replicas .* 2\.9 MiB' "dfs status shows it"
is "$(files)" 9 "and it is left alone"
role_kill master
master 2s
await nodes_up 2
ok "after its grace it goes" await count_is 6
ok "and is counted" await told orphans_collected 3
dfs get /kept "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "the others stay"

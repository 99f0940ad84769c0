#!/bin/bash
# What is removed can come back until its time has come; then its space is free (RULES 14).
. "$(dirname "$0")/lib/tap.sh"
plan 24

port=$(free_port) cluster_dir=$tmp/cluster key=$tmp/cluster/cluster.key
cluster_dirs+=("$cluster_dir")
dfs init --dir "$cluster_dir" --listen 127.0.0.1:$port || exit 1
master() { # AGE
  "$dfs_program" master --dir "$cluster_dir/master" --key "$key" --listen 127.0.0.1:$port --linger 1 --ticket 1000 --retain "$1" \
    2>>"$tmp/master.log" &
}
master 3d
for n in 1 2; do
  dfs init --datanode --dir "$cluster_dir/node$n" --key "$key"
  "$dfs_program" datanode --dir "$cluster_dir/node$n" --key "$key" --master 127.0.0.1:$port --listen "127.0.0.1:$((port + n))" \
    >"$tmp/node$n.log" 2>&1 &
done
export DFS_CONFIG=$cluster_dir/client.lua USER=ada
await nodes_up 2

files() { find "$cluster_dir"/node*/data -name "$of_files" | wc -l; }
ids() { dfs trash ls --json | jq -r ".entries[] | select(.path == \"$1\") | .entry"; }
head -c 3000000 /dev/urandom >"$tmp/in"
mkdir -p "$tmp/tree/sub"
for i in $(seq 1 20); do head -c 1000 /dev/urandom >"$tmp/tree/sub/$i"; done
dfs put --goal 2 --chunk-size 1M "$tmp/in" /file && dfs put -r --goal 2 "$tmp/tree" /tree
dfs chmod 600 /file
before=$(dfs ls -l /)

ok "rm" dfs rm /file
ok "rm -r" dfs rm -r /tree
is "$(dfs ls /)" "" "hide what they take"
is "$(dfs trash ls --json | jq -r '.entries[] | "\(.path) \(.kind) \(.by)"' | tr '\n' ';')" "/file file ada;/tree dir ada;" "the trash lists it"
counted() { [ "$(dfs status --json | jq -r '"\(.files) \(.trash_entries) \(.trash_files) \(.trash_bytes)"')" = "0 2 21 3020000" ]; }
ok "status tells it apart, trees counted" await counted
fails 1 'nothing in the trash stood there' "what is in a tree does not come back alone" dfs undelete /tree/sub/1
fails 1 '/a: no such directory: .*--to' "a place must be there" dfs undelete /file --to /a/file
fails 1 'own' "the trash is no directory" dfs rm -r /.dfs/trash
ok "undelete a file" dfs undelete /file
ok "undelete a tree" dfs undelete /tree
is "$(dfs ls -l / | cut -c1-40)" "$(printf '%s' "$before" | cut -c1-40)" "names and attributes are as they were"
dfs get /file "$tmp/out" && cmp -s "$tmp/in" "$tmp/out" && dfs get -r /tree "$tmp/back" && diff -r "$tmp/tree" "$tmp/back"
tap $? "and bytes"

dfs rm /file && dfs put --goal 2 "$tmp/tree/sub/1" /file && dfs rm /file && dfs put --goal 2 "$tmp/tree/sub/2" /file
fails 1 '/file: already exists.*--to' "a name that is taken is kept" dfs undelete /file
ok "the older of two by its number" dfs undelete --at "$(ids /file | head -1)" --to /older /file
dfs get /older - | cmp -s - "$tmp/in"
tap $? "is the older one"
role_kill master
master 3d
await nodes_up 2
ok "after a restart the other one comes back" dfs undelete --to /newer /file
dfs get /newer - | cmp -s - "$tmp/tree/sub/1"
tap $? "with its bytes"

dfs rm /older && dfs rm -r /tree
is "$(files)" 50 "what is in the trash keeps its space"
fails 1 '77 is not in the trash' "a number that is none" dfs trash empty 77
fails 2 "no time such as" "an age that is none" dfs trash empty --older soon
is "$(dfs trash empty --older 1h) $(dfs trash empty /tree)" "0 freed 1 freed" "trash empty frees what it is asked for"
less_than() { [ "$(files)" -le "$1" ]; }
ok "and its chunks" await less_than 10
role_kill master
master 2s
await nodes_up 2
dfs rm /newer
gone() { [ "$(dfs trash ls --json | jq '.entries | length')" = 1 ]; }
ok "what was removed with two seconds goes by itself, what was given three days stays" await gone
ok "all is well" await dfs status

#!/bin/bash
# The master's disk is gone, for good: its metadata comes back from the datanodes (RULES 20).
. "$(dirname "$0")/lib/tap.sh"
plan 27

echo 'return { keep = 300, checkpoint = 2000, safe_mode = 500 }' >"$tmp/master.lua"
cluster_start --nodes 3 --master-config "$tmp/master.lua" || exit 1
key=$cluster_dir/cluster.key
head -c 3000000 /dev/urandom >"$tmp/bytes"
nodes=127.0.0.1:$((port + 1)),127.0.0.1:$((port + 2)),127.0.0.1:$((port + 3))
same() { dfs get "$1" "$tmp/out" && cmp -s "$2" "$tmp/out"; rm -f "$tmp/out"; }
chunks_there() { find "$cluster_dir"/node*/data/chunks -name "$of_files" | wc -l; }
kept() { dfs status --json | jq -r .kept; }
operations() { dfs status --json | jq -r .operations; }
kept_past() { [ "$(kept)" -ge "$1" ]; }
status_says() { dfs status 2>/dev/null | grep -Eq -- "$1"; }
start_master() {
  "$dfs_program" master --dir "$1" --key "$key" --listen "127.0.0.1:$port" --config "$tmp/master.lua" --orphan-grace 0 2>>"$tmp/master.log" &
  master=$!
}
stop_master() { kill -9 "$master" && wait "$master" 2>/dev/null; }

# ---- it is kept
dfs put "$tmp/bytes" /first
dfs mkdir /d
ok "the datanodes keep the metadata" await kept_past "$(operations)"
like "$(dfs status)" 'kept +on the datanodes up to operation [0-9]+, stored .* ago' "dfs status says up to where"
is "$(dfs status --json | jq -r '(.orphans // "0") + .under_goal')" 00 "nothing of it is an orphan, or under its goal"
like "$(dfs fsck)" ' 0 faults' "fsck has nothing against it"
idle=$(operations)
dfs put "$tmp/bytes" /d/second
ok "what came since is kept soon" await kept_past $((idle + 1))
chunk=$(find "$cluster_dir/node1/data/chunks" -name '00000[0-9]8*.data' -printf '%f\n' | sort | tail -n 1)
like "$(dfs why "${chunk%.data}")" 'metadata.*dfs master rescue' "dfs why says what such a chunk is"

# ---- misuse changes nothing
fails 2 '--key is needed' "a rescue needs a key" dfs master rescue --datanode "$nodes"
fails 2 '--datanode is needed' "and datanodes" dfs master rescue --key "$key"
dfs init --dir "$tmp/other" --listen "127.0.0.1:$((port + 9))" >/dev/null
out=$(dfs master rescue --key "$tmp/other/cluster.key" --datanode "$nodes" 2>&1)
is "$?" 1 "another cluster's key opens nothing"
like "$out" 'none of the 3 datanodes answered.*admin' "and that is said"
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$((port + 1))/v1/keepsakes")" 401 "nobody lists them without a token"
is "$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer k1.a..00' "http://127.0.0.1:$((port + 1))/v1/keepsakes")" 403 "or with a forged one"
token=$(sed -n 's/.*token = "\(.*\)".*/\1/p' "$DFS_CONFIG")
like "$(curl -s -H "Authorization: Bearer $token" "http://127.0.0.1:$((port + 1))/v1/keepsakes?after=nothing")" 'hex digits' "a wrong question is answered by a sentence"
out=$(dfs master rescue --key "$key" --datanode "$nodes" --dir "$cluster_dir/master" 2>&1)
like "$out" 'not empty' "a rescue does not write over metadata that is there"
ok "to look changes nothing" dfs master rescue --key "$key" --datanode "$nodes"

# ---- the disk is gone
last=$(kept)
role_kill master
rm -rf "$cluster_dir/master"
before=$(chunks_there)
dfs_bytes() { dfs master rescue --key "$key" --datanode "127.0.0.1:1,$nodes" --dir "$tmp/new"; }
out=$(dfs_bytes 2>&1)
is "$?" 0 "it is rescued, though one datanode does not answer"
like "$out" 'operation [0-9]+, of 20.*dfs master accept|going on without it' "it says to which state, and what comes next"
is "$(ls "$tmp/new" | tr '\n' ' ')" "LOCK data.mdb " "nothing else is left"
is "$(find "$tmp" -name '*.rescue' | wc -l)" 0 "nor beside it"
start_master "$tmp/new"
ok "the datanodes serve it" await nodes_up 3
[ "$(operations)" -ge "$last" ]
tap $? "with all that was kept"
ok "and every byte" same /first "$tmp/bytes"
ok "of what came last too" same /d/second "$tmp/bytes"
await status_says 'dfs master accept'
tap $? "dfs status says what it is"
is "$(($(chunks_there) >= before))" 1 "no chunk was deleted"
dfs master accept
ok "accepted, it keeps its metadata as ever" await kept_past "$(operations)"
await status_says '^state +well'
tap $? "and all is well"
stop_master
tap_end

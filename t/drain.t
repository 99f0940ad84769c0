#!/bin/bash
# A datanode is emptied, unplugged, and nobody misses it; then it is forgotten. A node that is added is filled.
. "$(dirname "$0")/lib/tap.sh"
plan 39

cluster_start --nodes 5 --placement round_robin || exit 1
head -c 30000000 /dev/urandom >"$tmp/in"
for i in 1 2 3; do dfs put --chunk-size 1M "$tmp/in" "/f$i"; done
settled() { dfs status --json | jq -e '.safe_mode == false' >/dev/null; }
await settled

fails 2 'usage: dfs drain' "a datanode must be named to cancel" dfs drain --cancel
fails 2 'do not go together' "a cancel is not waited for" dfs drain 2 --cancel --wait
fails 2 'usage: dfs drain' "a datanode must be named to forget" dfs drain --forget
fails 2 'goes with neither' "to forget is not waited for" dfs drain 2 --forget --wait
like "$(dfs drain --help)" '^ +--forget +it is gone for good' "dfs drain --help tells of --forget"
fails 1 'names no datanode' "nonsense names no datanode" dfs drain 'node2; rm -rf /'
fails 1 'no datanode 9 ' "an unknown number is refused" dfs drain 9
fails 1 'no datanode node99 ' "an unknown name is refused" dfs drain node99
fails 1 'no datanode 9 ' "nor can it be forgotten" dfs drain 9 --forget
fails 1 'datanode 2 is in use: empty it .dfs drain 2 --wait. and stop it' "one in use is not forgotten" dfs drain 2 --forget
is "$(dfs drain)" "no datanode is being emptied" "none is being emptied"
is "$(dfs drain --json)" '{"drains":[]}' "and as JSON"

like "$(dfs drain node2)" '^datanode 2 \(127\.0\.0\.1:[0-9]+\): ' "node2 is to be emptied"
like "$(dfs nodes)" '^2 .* draining ' "dfs nodes shows it"
like "$(dfs drain 2 --cancel)" '^datanode 2 .* is in use' "cancelled, it is in use"
is "$(dfs nodes --json | jq -r '.nodes[1].state')" up "and up"

# By its address; the master is killed in the middle of it.
dfs drain "127.0.0.1:$((port + 2))" >"$tmp/out"
role_kill master
"$dfs_program" master --dead-after 4000 --listen 127.0.0.1:$port --key "$cluster_dir/cluster.key" --dir "$cluster_dir/master" \
  2>>"$cluster_dir/log/master.log" &
ok "a drain goes on after the master's death" dfs drain 2 --wait
like "$(dfs drain 2)" 'safe to unplug' "it says that it is safe to unplug"
like "$(dfs nodes)" '^2 .* draining .*safe to unplug' "so does dfs nodes"
like "$(dfs status)" '^draining +datanode 2 .*safe to unplug' "so does dfs status"
ok "all is well while it is drained" dfs status
fails 1 'datanode 2 is not dead yet: stop it' "what runs is not forgotten" dfs drain 2 --forget
ok "it is unplugged" role_kill node2
gone() { dfs nodes --json | jq -e '.nodes[1].state == "dead"' >/dev/null; }
await gone
ok "nobody misses it" dfs status
for i in 1 2 3; do dfs get "/f$i" "$tmp/out" && cmp -s "$tmp/in" "$tmp/out" || break; done
tap $? "every byte is there"

on_two() { # A chunk whose row names datanode 2: its number.
  dfs info --json /f1 | jq -r '.extents[].chunk' | while read -r chunk; do
    dfs why "$chunk" | grep -Eq 'on datanodes .*\b2\b' && echo "$chunk" && break
  done
}
chunk=$(on_two)
like "$(dfs drain 2 --forget)" '^datanode 2 \(127\.0\.0\.1:[0-9]+\) is forgotten$' "it is forgotten"
is "$(dfs nodes --json | jq -c '[.nodes[].node]')" "[1,3,4,5]" "dfs nodes lists it no more"
is "$(dfs drain)" "no datanode is being emptied" "nor does dfs drain"
is "$(dfs status --json | jq -r .nodes_known)" 4 "nor is it known to dfs status"
like "$(dfs why "$chunk")" 'on datanodes? .*\b2 \(forgotten\)' "dfs why of a chunk that was placed there says so"
fails 1 'no datanode 2 ' "it is forgotten once" dfs drain 2 --forget

"$dfs_program" datanode --master 127.0.0.1:$port --listen "127.0.0.1:$((port + 2))" --key "$cluster_dir/cluster.key" \
  --dir "$cluster_dir/node2" 2>>"$cluster_dir/log/node2.log" &
await nodes_up 5
is "$(dfs nodes --json | jq -c '[.nodes[].node]')" "[1,3,4,5,6]" "it returns as another one, with a new number"
ok "nobody has anything against it" await dfs status
ok "it is emptied again" dfs drain 6 --wait
role_kill node2
gone() { dfs nodes --json | jq -e '.nodes[4].state == "dead"' >/dev/null; }
await gone
token=$(sed -n 's/.*token = "\(.*\)".*/\1/p' "$DFS_CONFIG")
call() { curl -s -H "Authorization: Bearer $token" -d '{"node":6}' "http://127.0.0.1:$port/v1/rpc/forget?client=00000000000000aa&sequence=1"; }
is "$(call | jq -c '.drain | [.node, .state, .safe]')" '[6,"dead",true]' "the call tells how it was"
is "$(call | jq -c '.drain | .node')" 6 "and repeated says the same number (RULES 17)"
is "$(dfs nodes --json | jq -c '[.nodes[].node]')" "[1,3,4,5]" "it is gone again"
for i in 1 2 3; do dfs get "/f$i" "$tmp/out" && cmp -s "$tmp/in" "$tmp/out" || break; done
tap $? "every byte is there still"

"$dfs_program" put --goal 4 "$tmp/in" /four >/dev/null
fails 1 'datanode 3 cannot be emptied: .* up to 4 replicas, and only 3 other datanodes are up: start another' \
  "a drain that cannot succeed is refused, with what to do" dfs drain 3

#!/bin/bash
# A datanode is emptied, unplugged, and nobody misses it. A node that is added is filled.
. "$(dirname "$0")/lib/tap.sh"
plan 20

cluster_start --nodes 5 --placement round_robin || exit 1
head -c 30000000 /dev/urandom >"$tmp/in"
for i in 1 2 3; do dfs put --chunk-size 1M "$tmp/in" "/f$i"; done
settled() { dfs status --json | jq -e '.safe_mode == false' >/dev/null; }
await settled

fails 2 'usage: dfs drain' "a datanode must be named to cancel" dfs drain --cancel
fails 2 'do not go together' "a cancel is not waited for" dfs drain 2 --cancel --wait
fails 1 'names no datanode' "nonsense names no datanode" dfs drain 'node2; rm -rf /'
fails 1 'no datanode 9 ' "an unknown number is refused" dfs drain 9
fails 1 'no datanode node99 ' "an unknown name is refused" dfs drain node99
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
ok "it is unplugged" role_kill node2
gone() { dfs nodes --json | jq -e '.nodes[1].state == "dead"' >/dev/null; }
await gone
ok "nobody misses it" dfs status
for i in 1 2 3; do dfs get "/f$i" "$tmp/out" && cmp -s "$tmp/in" "$tmp/out" || break; done
tap $? "every byte is there"

"$dfs_program" put --goal 4 "$tmp/in" /four >/dev/null
fails 1 'datanode 3 cannot be emptied: .* up to 4 replicas, and only 3 other datanodes are up: start another' \
  "a drain that cannot succeed is refused, with what to do" dfs drain 3

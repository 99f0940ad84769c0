#!/bin/bash
# A datanode dies: all comes back to its goal, and people see how. It returns: the surplus goes.
. "$(dirname "$0")/lib/tap.sh"
plan 20

# Slow enough to be looked at, and patient enough for a machine that is busy with other things.
cat >"$tmp/master.lua" <<'END'
return { dead_after = 4000, safe_mode = 5000, trim_after = 3000, repair_rate = "8M", idle_seal = 20000 }
END
cluster_start --nodes 4 --placement round_robin --master-config "$tmp/master.lua" || exit 1
head -c 40000000 /dev/urandom >"$tmp/in"
dfs put --goal 3 --chunk-size 1M "$tmp/in" /in || exit 1
chunks=$(dfs info /in --json | jq '.extents | length')

status() { dfs status --json | jq -e "$1" >/dev/null; }
metric() { curl -sf "http://127.0.0.1:$port/metrics" | awk -v name="$1" '$1 == name { print int($2) }'; }
held() { dfs nodes --json | jq '[.nodes[] | select(.state == "up") | .chunks | tonumber] | add'; }
holds() { [ "$(held)" = "$1" ]; }
on_disk() { find "$cluster_dir"/node*/data -name "$of_files" -not -path '*/bad/*' | wc -l; }
# Datanodes tell by their heartbeats how many they hold.
await holds $((3 * chunks))
tap $? "each chunk has its three replicas"

ok "node4 is killed" role_kill node4
await status '.copies | length > 0'
page=$(dfs status)
like "$page" '^under goal +[0-9]+ with 2 live$' "status says how many chunks have how many live replicas"
like "$page" '^repair +[0-9]+ queued, [0-9]+ delayed, .* to copy, .*/s' "what is left to copy, and how fast"
like "$page" '^copy +[0-9a-f]{16} from datanode [1-3] to [1-3], ' "which copies are under way"
await status '.repair_estimate_ms // "0" | tonumber > 0'
tap $? "and how long it will take"
await status '.under_goal == "0"'
tap $? "all is at its goal again"
await holds $((3 * chunks))
tap $? "by as many copies as were lost"
is "$(metric dfs_master_repair_copied_chunks_total)" $((3 * chunks / 4)) "/metrics counts them"
like "$(dfs status --json | jq -r '.troubles[]')" '^1 of 4 datanodes are not up$' "the dead node is still a trouble"

restart() { # NODE
  "$dfs_program" datanode --master 127.0.0.1:$port --listen "127.0.0.1:$((port + $1))" --key "$cluster_dir/cluster.key" \
    --dir "$cluster_dir/node$1" 2>>"$cluster_dir/log/node$1.log" &
}
restart 4
await nodes_up 4
tap $? "node4 returns"
had() { [ "$(dfs nodes --json | jq -r '.nodes[3].chunks')" = $((3 * chunks / 4)) ]; }
await had
tap $? "with all that it had"
await holds $((3 * chunks))
tap $? "the surplus is deleted, and no more than that"
await test "$(on_disk)" = $((3 * chunks))
tap $? "on the disks too"
is "$(dfs info /in --json | jq '[.extents[] | select([.replicas[] | select(.state == "good")] | length != 3)] | length')" 0 \
  "each chunk has three good replicas"
is "$(metric dfs_master_trimmed_replicas_total)" $((3 * chunks / 4)) "/metrics counts what was deleted"
ok "all is well" dfs status
dfs get /in "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "every byte is there"

# Chunks of one replica: lost while its node is away, and the node is named.
dfs put --goal 1 --chunk-size 64K - /one <"$tmp/master.lua" || exit 1
node=$(dfs info /one --json | jq '.extents[0].replicas[0].node')
role_kill "node$node"
await status '.missed | length > 0'
like "$(dfs status)" "no live datanode has a good replica; it waits for datanode $node " "a lost chunk's node is named"
restart "$node"
await status '.lost == "0" and .under_goal == "0"'
tap $? "it is back with its node"

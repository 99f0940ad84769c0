#!/bin/bash
# Every state that dfs status and dfs nodes show has its why.
. "$(dirname "$0")/lib/tap.sh"
plan 27

echo 'return { dead_after = 4000 }' >"$tmp/master.lua"
cluster_start --nodes 3 --master-config "$tmp/master.lua" || exit 1
head -c 5000000 /dev/urandom >"$tmp/in"
settled() { dfs status --json | jq -e '.safe_mode == false' >/dev/null; }
await settled
dfs put --goal 2 --chunk-size 1M "$tmp/in" /file

is "$(dfs why)" "all is well: nothing waits, nothing is missing" "nothing to say where all is well"
is "$(dfs why --json)" '{"reasons":[]}' "and as JSON"
out=$(dfs why /file)
like "$out" '^file +5000000 bytes' "a file tells what it is"
like "$out" 'policy spread put chunk 0 of /file on datanodes [0-9], [0-9] \(goal 2\): ' "and why its chunks are where they are"
like "$out" '^chunks +5 of 5 have all their replicas' "and how they are"
is "$(dfs why /file --all | grep -c '^chunk .*2 of 2 replicas')" 5 "each of them with --all"
chunk=$(dfs info --json /file | jq -r '.extents[0].chunk')
node=$(dfs info --json /file | jq -r '.extents[0].replicas[0].node')
out=$(dfs why "$chunk")
like "$out" 'sealed: 1048576 bytes' "a chunk tells what it is"
is "$(grep -c '^placement, datanode' <<<"$out")" 3 "what the policy saw of each candidate"
like "$out" 'not chosen: it had room for' "the rejected too"
is "$(grep -c '^replica on datanode [0-9] *good' <<<"$out")" 2 "and how each replica is"
like "$(dfs why / )" '^directory' "a directory"
like "$(dfs why node1)" '^datanode 1 +it \(127.0.0.1:[0-9]+\) is up' "a datanode by its name"
is "$(dfs why "127.0.0.1:$((port + 1))" | head -1 | cut -c1-10)" "$(dfs why 1 | head -1 | cut -c1-10)" "or by its address"
like "$(dfs log node1)" 'datanode 1 registered from' "and what happened to it"

fails 1 'no such file' "a path that is not there" dfs why /nothing
fails 1 'no datanode 9 ' "a datanode that is not there" dfs why 9
fails 1 'there is no chunk 00000000000000ff' "a chunk that is not there" dfs why 00000000000000ff
fails 1 'names no datanode' "nonsense has no log" dfs log '$(reboot)'
fails 2 'usage: dfs why' "one thing at a time" dfs why 1 2
fails 2 'takes a number from 1 to 1000' "a bounded log" dfs log -n 5000
token=$(sed -n 's/.*token = "\(.*\)".*/\1/p' "$cluster_dir/client.lua")
like "$(curl -s -H "Authorization: Bearer $token" -d '{"node":1,"chunk":"0000000000000001"}' "http://127.0.0.1:$port/v1/rpc/why")" \
  'one at a time' "by HTTP too"

# A put that waits for its source, and a datanode that dies.
mkfifo "$tmp/pipe"
dfs put - /slow <"$tmp/pipe" 2>"$tmp/err" &
exec 7>"$tmp/pipe"
head -c 100000 "$tmp/in" >&7
writing() { dfs why /slow | grep -q 'write session'; }
ok "a file that is being written tells which session holds it" await writing
role_kill "node$node"
suspect() { dfs why "$node" | grep -q "is suspect"; }
ok "a datanode is suspect, and tells why" await suspect
like "$(dfs why)" "^datanode $node .*suspect" "so does the cluster"
dead() { dfs why "$node" | grep -q "is dead for"; }
ok "then it is dead" await dead
like "$(dfs why "$chunk")" "^replica on datanode $node +missing: its datanode is dead" "and the chunk says so"
like "$(dfs log)" "datanode $node was suspect and is dead" "and the log"
exec 7>&-
wait

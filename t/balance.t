#!/bin/bash
# A datanode that is added is filled, on demand, whoever is killed meanwhile.
. "$(dirname "$0")/lib/tap.sh"
plan 15

echo 'return { dead_after = 4000, trim_after = 1000 }' >"$tmp/master.lua"
cluster_start --nodes 3 --master-config "$tmp/master.lua" || exit 1
head -c 20000000 /dev/urandom >"$tmp/in"
for i in 1 2 3; do dfs put --goal 2 --chunk-size 1M "$tmp/in" "/f$i"; done

fails 2 'usage: dfs balance' "--stop goes alone" dfs balance --stop --wait
fails 2 'takes a number from 1 to 100' "a percentage" dfs balance --within 0
like "$(dfs balance --show)" '^off: imbalance [0-9.]+ %' "it is off unless asked for"

dfs init --datanode --dir "$cluster_dir/node4" --key "$cluster_dir/cluster.key"
"$dfs_program" datanode --master 127.0.0.1:$port --listen "127.0.0.1:$((port + 4))" --key "$cluster_dir/cluster.key" \
  --dir "$cluster_dir/node4" 2>"$tmp/node4.log" &
await nodes_up 4
like "$(dfs balance --show)" 'imbalance 100\.0 %, .*datanode 4 0 B \(0\.00 %\)' "an empty datanode is as far off as can be"
held() { find "$cluster_dir/$1/data" -name "$of_files" 2>/dev/null | wc -l; }
like "$(dfs balance --within 10)" '^on' "it is on"
moving() { [ "$(held node4)" -gt 3 ]; }
ok "the new datanode gets chunks" await moving
like "$(dfs why)" '^balance  *on' "dfs why tells of it"
role_kill master
"$dfs_program" master --dead-after 4000 --trim-after 1000 --listen 127.0.0.1:$port --key "$cluster_dir/cluster.key" \
  --dir "$cluster_dir/master" 2>>"$cluster_dir/log/master.log" &
await nodes_up 4
like "$(dfs balance --show)" '^on' "a master that was killed goes on with it"
ok "and ends it" dfs balance --within 10 --wait
even() { [ "$(dfs balance --show --json | jq -r .imbalance)" -le 100 ]; }
ok "all are within ten percent" even
exact() { [ $(($(held node1) + $(held node2) + $(held node3) + $(held node4))) = 120 ]; }
ok "what was moved is not kept twice" await exact
ok "all is well" dfs status
role_kill node1
for i in 1 2 3; do dfs get "/f$i" "$tmp/out" && cmp -s "$tmp/in" "$tmp/out" || break; done
tap $? "every byte is there, without one of the old ones"
like "$(dfs log -n 1000)" 'balance ended, [0-9]+ chunks moved' "the log tells of it"
dfs balance >/dev/null
like "$(dfs balance --stop)" '^off, it was stopped' "it can be stopped"

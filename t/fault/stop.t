#!/bin/bash
# Roles that stand still for a while, under load: SIGSTOP and SIGCONT of datanodes and of the master (RULES 22, 34).
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"
plan 14

fault_init && start_master --dead-after 2000
for n in 1 2 3; do start_node $n; done
await nodes_up 3
load_start --goal 2
load_goes_on
state_of() { dfs nodes --json | jq -r --arg n "$1" '.nodes[] | select(.node == ($n | tonumber)) | .state'; }
state_is() { [ "$(state_of "$1")" = "$2" ]; }
deaths() { grep -c 'event=node_state .*to=dead' "$tmp/master.log"; }

kill -STOP "${role_pids[node1]}"
ok "a datanode that stands still is dead after dead_after" await state_is 1 dead
ok "the load goes on without it" load_goes_on
kill -CONT "${role_pids[node1]}"
ok "when it goes on it is taken back" await nodes_up 3
ok "and the load goes on" load_goes_on

before=$(deaths)
kill -STOP "${role_pids[master]}"
# Longer than a silence that counts as death: every datanode was silent for so long, as the master sees it.
sleep 3
kill -CONT "${role_pids[master]}"
ok "a master that stood still goes on" load_goes_on
like "$(cat "$tmp/master.log")" 'event=stalled' "it says that it did"
is "$(deaths)" "$before" "and declares nobody dead"
ok "all are up" await nodes_up 3

for n in 1 2 3; do kill -STOP "${role_pids[node$n]}"; done
ok "all datanodes stand still: that is told" await sh -c "grep -q event=all_silent '$tmp/master.log'"
for n in 1 2 3; do kill -CONT "${role_pids[node$n]}"; done
ok "when they go on the load does" load_goes_on
is "$(deaths)" "$before" "nobody was declared dead"
load_stop "nobody saw a wrong byte"
load_verify "every acknowledged byte is there"
ok "and the goal is reached" await goal_reached

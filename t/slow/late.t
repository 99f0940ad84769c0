#!/bin/bash
# Disks that are late, by rules (t/fault/rules.h), under load: slow is not dead (RULES 34), and others are asked first.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"
plan 15

role_program=$faulty_program
fault_init && start_master --dead-after 2000 --linger 1000 --ticket 1000
for n in 1 2 3 4; do start_node $n; done
await nodes_up 4
load_start --goal 2 --size-max 2000000
load_goes_on
state_is() { [ "$(dfs nodes --json | jq -r ".nodes[] | select(.node == $1) | .state")" = "$2" ]; }
deaths() { grep -c 'event=node_state .*to=dead' "$tmp/master.log"; }

rules node1 "sync delay=2000"
ok "a datanode's syncs take two seconds" await struck node1 "sync delay"
ok "the load goes on" load_goes_on 20
rules node1 "read delay=500"
for file in $(dfs find /load); do dfs get "$file" - >"$tmp/out" 2>&1 && struck node1 "read delay" && break; done
ok "a datanode's reads take half a second" struck node1 "read delay"
ok "the load goes on" load_goes_on 60
is "$(grep -c 'event=node_state node=1 .*to=slow' "$tmp/master.log")" 0 "that is late, but not slow yet"
rules node1 "sync delay=20000" "read delay=5000"
ok "a datanode whose disk hangs is slow" await state_is 1 slow
like "$(dfs why 1)" 'a disk of it took [0-9]+ ms' "dfs why says so"
# What waits for that disk when it begins to hang waits for ten seconds, then the rest goes on without it.
ok "the load goes on around it" load_goes_on 60
ok "at its old pace" timeout 10 bash -c "until [ \"\$('$load_program' count '$journal')\" -gt $(($(load_count) + 100)) ]; do sleep 0.1; done"
rules node1
rules node2 "write delay=4000 count=3"
ok "one whose loop hangs is slow" await state_is 2 slow
rules node2
ok "the load goes on" load_goes_on 60
is "$(deaths)" 0 "neither was taken for dead"
load_stop "nobody saw a wrong byte"
load_verify "every acknowledged byte is there"
ok "and the goal is reached" await goal_reached

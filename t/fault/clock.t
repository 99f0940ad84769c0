#!/bin/bash
# Clocks that jump, under load: nothing that keeps bytes safe rests on them (RULES 5, 9, 32).
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"
[ -e "$build/t/fault/clock_jump.so" ] || skip_all "clock_jump.so is not built"
plan 12

jump() { echo "$2" >"$tmp/clock.$1.new"; mv "$tmp/clock.$1.new" "$tmp/clock.$1"; } # ROLE SECONDS
with_clock() { echo "env LD_PRELOAD=$build/t/fault/clock_jump.so CLOCK_JUMP_FILE=$tmp/clock.$1"; }
fault_init
jump master 0; jump node1 0
master_prefix=$(with_clock master) start_master --dead-after 2000
node_prefix=$(with_clock node1) start_node 1
for n in 2 3; do start_node $n; done
await nodes_up 3
export LOAD_VERBOSE=1
load_start --goal 2
load_goes_on

for seconds in 3600 -3600 864000; do
  jump node1 $seconds
  ok "a datanode's clock is off by $seconds s, and the load goes on" load_goes_on
done
for seconds in 3600 -3600 864000; do
  jump master $seconds
  ok "the master's clock is off by $seconds s, and the load goes on" load_goes_on
done
is "$(grep -c 'event=node_state .*to=dead' "$tmp/master.log")" 0 "nobody was taken for dead"
is "$(grep -c 'expired' "$tmp/load.out")" 0 "no ticket was taken for expired"
jump master 0; jump node1 0
ok "all clocks are right again, and the load goes on" load_goes_on
load_stop "nobody saw a wrong byte"
load_verify "every acknowledged byte is there"
ok "and the goal is reached" await goal_reached

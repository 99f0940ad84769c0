#!/bin/bash
# The power goes, under load: of a datanode's disk, of the master's, of all at once. Every acknowledged byte is there.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"

for disk in meta disk1 disk2 disk3; do disk_make $disk 700M; done
plan 14
role_dirs=([master]=$tmp/meta/master [node1]=$tmp/disk1/node [node2]=$tmp/disk2/node [node3]=$tmp/disk3/node)
fault_init && start_master --dead-after 2000
for n in 1 2 3; do start_node $n; done
await nodes_up 3
load_start --goal 2
load_goes_on 100

power_cut disk1
tap $? "the power of a datanode's disk is cut"
ok "and the load goes on" load_goes_on
role_end node1; disk_back disk1; start_node 1
ok "it comes back" await nodes_up 3
ok "and takes part" load_goes_on

power_cut meta
tap $? "the power of the master's disk is cut"
await process_gone "${role_pids[master]}"
tap $? "a master that cannot commit ends (RULES 18)"
role_end master; disk_back meta; start_master --dead-after 2000
ok "it comes back" await nodes_up 3
ok "and the load goes on" load_goes_on

for disk in meta disk1 disk2 disk3; do power_cut $disk; done
tap $? "the power of the whole room is cut"
for role in master node1 node2 node3; do role_end $role; done
for disk in meta disk1 disk2 disk3; do disk_back $disk; done
start_master --dead-after 2000
for n in 1 2 3; do start_node $n; done
ok "all come back" await nodes_up 3
ok "and the load goes on" load_goes_on
load_stop "nobody saw a wrong byte"
load_verify "every acknowledged byte is there"
ok "and the goal is reached" await goal_reached

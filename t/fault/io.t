#!/bin/bash
# Disks that fail in one operation, by rules (t/fault/rules.h), under load: what failed is given up and made anew from the
# others (RULES 31), a master that cannot commit ends (RULES 18). Disks that are only late: t/slow/late.t.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"
plan 35

role_program=$faulty_program
master_flags=(--dead-after 2000 --linger 1000 --ticket 1000)
fault_init && start_master "${master_flags[@]}"
for n in 1 2 3 4; do start_node $n; done
await nodes_up 4
head -c 300000 /dev/urandom >"$tmp/kept"
dfs put --goal 2 "$tmp/kept" /kept
victim=$(find "$tmp"/node*/data/chunks -name "$of_files" -size +0 | head -n 1)
holder=$(expr "$victim" : "$tmp/\(node[0-9]\)") chunk=$(basename "$victim" .data)
load_start --goal 2 --size-max 2000000
load_goes_on
state_is() { [ "$(dfs nodes --json | jq -r ".nodes[] | select(.node == $1) | .state")" = "$2" ]; }
given_up() { grep -q "event=replica_bad.*$2" "$tmp/$1.log" || ls "$tmp/$1"/data/chunks/*/*"$2"*.bad "$tmp/$1"/data/bad/*"$2"*; }
same() { dfs get "$1" "$tmp/out" && cmp "$2" "$tmp/out"; }

# ---- EIO at a read: the other replica is read, and this one made anew
rules "$holder" "read fail=EIO path=$chunk.data"
for i in 1 2 3 4; do same /kept "$tmp/kept" || break; done
tap $? "a replica that cannot be read: the file is read all the same"
# Which one a get begins with is not told: the scrub reads both.
ok "a scrub of all goes through" dfs scrub --now --wait --rate 1G
ok "the disk said EIO" struck "$holder" "read fail=EIO"
ok "the replica is given up" await given_up "$holder" "$chunk"
rules "$holder"
ok "and its goal is reached again" await goal_reached
ok "the file is whole" same /kept "$tmp/kept"

# ---- EIO at a sync, once: the next one would say OK
rules node2 "sync fail=EIO count=1 path=.data"
ok "a sync of data fails, once" await struck node2 "sync fail=EIO"
chunk=$(sed -n 's/^faulty: sync fail=EIO.*\/\([0-9a-f]\{16\}\).data$/\1/p' "$tmp/node2.log")
ok "its replica is given up, whatever the next sync says" await given_up node2 "$chunk"
# A folder of chunks: that of the fence is synced too, and is not of the store. It is a deletion, a copy or a new file that
# meets it, so it is not the last of the three, which `dfs why` tells of.
rules node2 "sync_dir fail=EIO count=1 path=/chunks/"
ok "a sync of a folder fails, once" await struck node2 "sync_dir fail=EIO"
rules node2 "sync fail=EIO count=1 path=.idx"
ok "a sync of an index fails, once" await struck node2 "sync fail=EIO.*idx"
rules node2
ok "the load goes on" load_goes_on
ok "and the goal is reached" await goal_reached
takes_no_more() { dfs why "$1" | grep -q "disk of it takes no more: .*$2"; }
ok "a disk that failed three times takes no more, and dfs why says so" await takes_no_more 2 'could not be synced: Input/output error'
again() { role_end "node$1" TERM; start_node "$1"; await nodes_up "$2"; }
again 2 4
tap $? "until somebody looks after it and starts the datanode anew"

# ---- writes that fail in the middle
rules node3 "write fail=ENOSPC after=20 count=3 path=.data"
ok "the disk is full in the middle of a chunk" await struck node3 "write fail=ENOSPC"
ok "the load goes on" load_goes_on
rules node3 "write fail=EIO chance=20 seed=7" "open fail=EIO chance=5 seed=9" "truncate fail=EIO chance=20 seed=11" "unlink fail=EIO chance=50 seed=13"
ok "writes fail now and then, and openings, truncations and deletions" await struck node3 "write fail=EIO"
ok "the load goes on" load_goes_on
ok "its disk takes no more" await takes_no_more 3 'Input/output error'
rules node3
again 3 4
tap $? "it is started anew"

# ---- EIO in a repair copy: of the renames, of the sync
rules node3 "rename fail=EIO count=2 path=.tmp"
rules node2 "sync fail=EIO count=2 path=.tmp"
role_end node4
ok "a datanode dies for good" await state_is 4 dead
ok "a rename of a copy fails" await struck node3 "rename fail=EIO"
ok "a sync of a copy fails" await struck node2 "sync fail=EIO.*tmp"
ok "the copies are made all the same" await goal_reached
is "$(find "$tmp/node2/data/chunks" "$tmp/node3/data/chunks" -name '*.tmp' | wc -l)" 0 "and nothing half-made is left"
start_node 4
ok "it comes back after all" await nodes_up 4

# ---- the master's disk
rules master "commit fail=EIO count=1"
ok "a commit of the master fails" await struck master "commit fail=EIO"
await process_gone "${role_pids[master]}"
tap $? "it ends"
role_end master
is $? 1 "and says that it failed"
like "$(cat "$tmp/master.log")" 'error .*event=.*(fatal|commit)' "naming what it could not do"
rules master "commit delay=100"
start_master "${master_flags[@]}"
ok "it comes back, on a slow disk" await nodes_up 4
ok "the load goes on" load_goes_on 60
rules master
load_stop "nobody saw a wrong byte"
load_verify "every acknowledged byte is there"
ok "and the goal is reached" await goal_reached

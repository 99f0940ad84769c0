#!/bin/bash
# Disks that fail under load, each in its way: full, read-only, EIO, files that are gone, bits that flipped.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"

disk_make full 400M
disk_make readonly 400M
# A sparse image on a tmpfs that is too small for it: writing back fails with EIO, once, then the disk is read-only.
mkdir -p "$tmp/small"
mount -t tmpfs -o size=60m none "$tmp/small" 2>/dev/null || skip_all "no tmpfs mounts here"
fault_disks+=("$tmp/small")
ln -s small/eio.img "$tmp/eio.img"
disk_make eio 400M
plan 16
role_dirs=([node1]=$tmp/full/node [node2]=$tmp/readonly/node [node3]=$tmp/eio/node)
fault_init && start_master --dead-after 2000 --linger 1000 --ticket 1000
for n in 1 2 3 4 5; do start_node $n; done
await nodes_up 5
load_start --goal 3 --size-max 3000000
load_goes_on

ok "a disk is filled to its last byte" sh -c "dd if=/dev/zero of='$tmp/full/filler' bs=64k 2>&1 | grep -q 'No space'"
ok "the load goes on around it" load_goes_on 100
rm "$tmp/full/filler"

mount -o remount,abort "$tmp/readonly" && ! touch "$tmp/readonly/x" 2>/dev/null
tap $? "a disk becomes read-only"
ok "the load goes on around it" load_goes_on 100

dd if=/dev/zero of="$tmp/small/filler" bs=64k 2>/dev/null
is "$(df --output=avail "$tmp/small" | tail -n 1 | tr -d ' ')" 0 "a disk has no place for what was promised"
ok "the load goes on around it" load_goes_on 200
for n in 2 3; do role_end node$n; done
ok "both are taken away, and the load goes on" load_goes_on 50
load_stop "nobody saw a wrong byte so far"
load_verify "every acknowledged byte is there"
ok "what was on them is made anew from the others" await goal_reached

# One replica of each chunk: of the odd ones that on node 4, of the even ones that on node 5 is gone, cut, or has a bit flipped.
chunk_files() { find "$tmp/node$1/data" -name "*[$2].$3" -size +0 | sort; }
flip() {
  perl -e 'open(my $f, "+<", $ARGV[0]) or exit; my $at = int((-s $f) / 2); seek($f, $at, 0); read($f, my $byte, 1);
    seek($f, $at, 0); print $f chr(ord($byte) ^ 16)' "$1"
}
victims=$(chunk_files 4 13579bdf data)
tap $(($(echo "$victims" | wc -l) < 6)) "node 4 holds chunks"
i=0
for file in $victims; do
  case $((i++ % 3)) in
    0) rm -f "$file" ;;
    1) perl -e 'truncate($ARGV[0], int((-s $ARGV[0]) / 2))' "$file" ;;
    2) flip "$file" ;;
  esac
done
load_verify "with files gone, cut and bits flipped every acknowledged byte is there"
i=0
for file in $(chunk_files 5 02468ace idx); do
  [ $((i++ % 2)) = 0 ] || flip "$file"
done
role_end node5; start_node 5
ok "a datanode with damaged indexes starts" await nodes_up 3
load_verify "and every acknowledged byte is there"
load_start --goal 3 --size-max 3000000
load_goes_on 60
load_stop "the load goes on"
load_verify "and loses nothing"

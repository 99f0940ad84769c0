#!/bin/bash
# Full disks: one is gone around, all are refused with a sentence, and nothing changes. Small ext4 images, mounted by loop.
. "$(dirname "$0")/lib/tap.sh"

mounts=()
stop_all() { pkill -9 -f -- "--dir $tmp/"; await no_process "$tmp/"; }
unmount() { local m; for m in "${mounts[@]}"; do umount -l "$m" 2>/dev/null; done; }
trap 'stop_all; unmount; tap_end' EXIT
small_disk() { # NAME SIZE
  mkdir -p "$tmp/$1" && truncate -s "$2" "$tmp/$1.img" && mkfs.ext4 -q -O ^has_journal "$tmp/$1.img" &&
    mount -o loop "$tmp/$1.img" "$tmp/$1" && rmdir "$tmp/$1/lost+found" && mounts+=("$tmp/$1")
}
if ! { small_disk disk1 48M && small_disk disk2 48M; } 2>"$tmp/err"; then
  echo "1..0 # SKIP no loop mounts here: $(tail -n 1 "$tmp/err")"
  exit 0
fi
plan 14

port=$(free_port) cluster_dir=$tmp/cluster key=$tmp/cluster/cluster.key
start_node() { # N DATA_DIR
  "$dfs_program" init --datanode --dir "$cluster_dir/node$1" --key "$key" --data "$2" &&
    { "$dfs_program" datanode --dir "$cluster_dir/node$1" --key "$key" --master 127.0.0.1:$port --listen "127.0.0.1:$((port + $1))" \
      --data "$2" --reserve 4M >"$tmp/node$1.log" 2>&1 & }
}
ok "dfs init makes a cluster" dfs init --dir "$cluster_dir" --listen 127.0.0.1:$port
"$dfs_program" master --dir "$cluster_dir/master" --key "$key" --listen 127.0.0.1:$port >"$tmp/master.log" 2>&1 &
export DFS_CONFIG=$cluster_dir/client.lua
cluster_dirs+=("$cluster_dir")
ok "a datanode on a small disk" start_node 1 "$tmp/disk1/data"
ok "another" start_node 2 "$tmp/disk2/data"
ok "and one on a large disk" start_node 3 "$tmp/large"
await nodes_up 3

head -c 40000000 /dev/urandom >"$tmp/in"
ok "40 MB at goal 2 fit in disks of 48 MB and a large one" dfs put --goal 2 --chunk-size 1M "$tmp/in" /fits
dfs get /fits "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "and come back"
before=$(dfs ls -l /)
head -c 80000000 /dev/urandom >"$tmp/in2"
fails 1 'room|space|full|can take' "80 MB more at goal 2 do not" dfs put --goal 2 --chunk-size 1M "$tmp/in2" /toomuch
is "$(dfs ls -l /)" "$before" "nothing of it is seen"
fails 1 'room|space|full|can take' "nor do they replace a file" dfs put --goal 2 --chunk-size 1M "$tmp/in2" /fits
dfs get /fits "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "which is what it was"
room=$(df --output=avail -B1 "$tmp/disk1" | tail -n 1)
tap $((room < 2000000)) "the reserve of a small disk is not filled" "$room bytes are free"
is "$(dfs status --json | jq '[.policies[] | select(.error)] | length')" 0 "a full disk is no fault of a policy"
ok "at goal 1 they go to the large disk" dfs put --goal 1 --chunk-size 1M "$tmp/in" /one
pid=$(pgrep -f "dfs datanode .*--dir $cluster_dir/node1 ")
kill -9 "$pid"; await no_process "$cluster_dir/node1 "
await umount "$tmp/disk1"
fails 1 'identity|mount' "a disk that is not mounted is refused" dfs datanode --dir "$cluster_dir/node1" --key "$key" \
  --master 127.0.0.1:$port --listen "127.0.0.1:$((port + 1))" --data "$tmp/disk1/data"

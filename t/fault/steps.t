#!/bin/bash
# A process is killed, and where that is possible its disk loses power, before each single change that it makes to a file system
# (`step` of t/fault/rules.h): what makes a cluster, the first start of a master, a backup, a restore, the fence of a datanode. What is left
# is begun anew or goes on, and nothing half-made is taken for whole.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"
disk_make disk 300M
plan 11
export FAULTY_RULES=$tmp/role.rules
for role in master node1; do ln -s role.rules "$tmp/$role.rules"; done
dir=$tmp/disk/a/b/c

# each_step ACTION PART NAME [FROM TO]: run `try`, struck by ACTION (die, power) before the 1st, 2nd... change of a path with PART, and
# after each `check`; until it comes through. FROM TO: steps alike that are left out. Tells how many steps there were.
each_step() {
  local action=$1 part=$2 name=$3 code steps=0 tried=0
  while :; do
    begin >"$tmp/step.out" 2>&1 || { tap 1 "$name" "$(cat "$tmp/step.out")"; return; }
    [ "$action" = die ] || sync -f "$tmp/disk"
    rules role "step $action after=$steps path=$part"
    try >"$tmp/step.out" 2>&1; code=$?
    rules role
    [ $code = 137 ] || break
    tried=$((tried + 1))
    [ "$action" = die ] || disk_back disk || { tap 1 "$name" "step $steps: the disk does not come back"; return; }
    if ! check >>"$tmp/step.out" 2>&1; then
      tap 1 "$name" "step $steps: $(grep ^faulty "$tmp/step.out"): $(tail -n 5 "$tmp/step.out")"
      return
    fi
    [ $((++steps)) != "${4:-}" ] || steps=$5
  done
  # And after the last one: what was acknowledged is there.
  [ $code != 0 ] || [ "$action" = die ] || { power_cut disk && disk_back disk && acknowledged=1 check >>"$tmp/step.out" 2>&1; } || code=99
  [ $code = 0 ] && [ $tried -ge 4 ]
  tap $? "$name: $tried steps" "exit $code after $tried steps: $(tail -n 5 "$tmp/step.out")"
}
faulty() { "$faulty_program" "$@"; }

# ---- dfs init
port=$(free_port) key=$dir/cluster.key
role_dirs[master]=$dir/master role_dirs[node1]=$tmp/disk/node
begin() { rm -rf "$tmp/disk/a"; }
serves() { DFS_CONFIG=$dir/client.lua dfs mkdir -p /here; }
# All of it, and a master starts on it.
check() {
  local said code=0
  said=$(dfs init --dir "$dir" --listen 127.0.0.1:$port 2>&1) || code=$?
  [ $code = 0 ] || echo "$said" | grep 'has a cluster' || return 1
  [ -z "${acknowledged:-}" ] || [ $code != 0 ] || return 1
  [ -s "$dir/cluster.key" ] && [ -s "$dir/client.lua" ] && [ -s "$dir/master/FRESH" ] || { ls -R "$dir"; return 1; }
  start_master
  await serves || return 1
  role_end master KILL
  [ ! -e "$dir/master/FRESH" ]
}
try() { faulty init --dir "$dir" --listen 127.0.0.1:$port; }
for action in die power; do each_step $action /disk/ "dfs init ($action)"; done

# ---- dfs init --datanode
dfs init --dir "$tmp/other" --listen 127.0.0.1:$port >"$tmp/init.out" 2>&1
begin() { rm -rf "$tmp/disk/node"; }
check() {
  [ -z "${acknowledged:-}" ] || [ -e "$tmp/disk/node/node" ] || return 1
  dfs init --datanode --dir "$tmp/disk/node" --key "$tmp/other/cluster.key" || grep -q node "$tmp/disk/node/node" || return 1
  [ "$(sed -n 's/^node=//p' "$tmp/disk/node/node")" = "$(sed -n 's/^node //p' "$tmp/disk/node/data/identity")" ]
}
try() { faulty init --datanode --dir "$tmp/disk/node" --key "$tmp/other/cluster.key"; }
# The 256 folders are alike.
each_step power /disk/node "dfs init --datanode (power)" 13 264

# ---- the first start of a master
begin() { rm -rf "$tmp/disk/a"; dfs init --dir "$dir" --listen 127.0.0.1:$port; }
try() {
  : >"$tmp/master.log"
  role_program=$faulty_program start_master
  # It serves, or it has gone before.
  await sh -c "grep -q event=started '$tmp/master.log' || [ ! -e /proc/${role_pids[master]}/exe ]"
  if process_gone "${role_pids[master]}"; then role_end master; else role_end master TERM; fi
}
check() {
  start_master
  await serves || { tail -n 3 "$tmp/master.log"; return 1; }
  role_end master
  [ ! -e "$dir/master/FRESH" ]
}
for action in die power; do each_step $action /disk/a/b/c/master "the first start of a master ($action)"; done

# ---- a backup: of a running master, of a directory, over an older one; a restore
# The master's own directory lies on another disk from here on.
rm -rf "$tmp/disk/a"
dir=$tmp/other
key=$dir/cluster.key role_dirs[master]=$dir/master
start_master
await serves
export DFS_CONFIG=$dir/client.lua
dfs mkdir /first; dfs master backup "$tmp/older" >"$tmp/backup.out"; dfs mkdir /second
file=$tmp/disk/out/backup
begin() { rm -rf "$tmp/disk/out"; mkdir "$tmp/disk/out"; [ -z "$older" ] || cp "$tmp/older" "$file"; }
restores() { rm -rf "$tmp/restored"; dfs master restore "$1" --dir "$tmp/restored"; }
check() {
  local left
  # The name is that of a whole backup, or nobody's. What else was left is none, or whole too.
  [ ! -e "$file" ] || restores "$file" || return 1
  [ -z "${acknowledged:-}" ] || [ -e "$file" ] || return 1
  [ -z "$older" ] || [ -e "$file" ] || return 1
  for left in "$file".*; do
    [ ! -f "$left" ] || restores "$left" || grep -Eq 'no checkpoint or backup|cut|checksum' "$tmp/step.out" || return 1
  done
  again && restores "$file"
}
older=
try() { faulty master backup "$file"; }
again() { [ -e "$file" ] || dfs master backup "$file"; }
for action in die power; do each_step $action /disk/out/ "dfs master backup ($action)"; done
older=1
try() { faulty master backup --force "$file"; }
again() { dfs master backup --force "$file"; }
each_step power /disk/out/ "dfs master backup --force (power)"
role_end master
older=
mkdir -p "$tmp/still"; cp -a "$dir/master" "$tmp/still/"
try() { faulty master backup "$file" --dir "$tmp/still/master"; }
again() { [ -e "$file" ] || dfs master backup "$file" --dir "$tmp/still/master"; }
each_step power /disk/out/ "dfs master backup --dir (power)"

role_dirs[master]=$tmp/disk/restored
begin() { rm -rf "$tmp/disk/restored"; }
try() { faulty master restore "$tmp/older" --dir "$tmp/disk/restored"; }
check() {
  [ -e "$tmp/disk/restored/data.mdb" ] || [ -n "${acknowledged:-}" ] || dfs master restore "$tmp/older" --dir "$tmp/disk/restored" || return 1
  start_master
  await sh -c "'$dfs_program' ls / | grep -q first" || return 1
  role_end master
  true
}
each_step power /disk/restored "dfs master restore (power)"
role_dirs[master]=$dir/master

# ---- a datanode's fence (RULES 16): the older one or the newer one
fence() { sed -n 's/.*operation=\([0-9]*\).*/\1/p' "$tmp/disk/node/fence"; }
start_master
await serves
rm -rf "$tmp/disk/node"; start_node 1; await nodes_up 1; role_end node1
begin() { dfs mkdir -p "/$RANDOM$RANDOM"; before=$(fence); }
registered() { grep -c event=registered "$tmp/node1.log"; }
registered_beyond() { [ "$(registered)" -gt "$1" ]; }
try() {
  role_program=$faulty_program start_node 1
  await sh -c "[ ! -e /proc/${role_pids[node1]}/exe ] || [ \"\$(sed -n 's/.*operation=\([0-9]*\).*/\1/p' '$tmp/disk/node/fence')\" -gt $before ]"
  if process_gone "${role_pids[node1]}"; then role_end node1; else role_end node1 TERM; fi
}
check() {
  local times
  [ "$(fence)" -ge "$before" ] || return 1
  times=$(registered)
  start_node 1
  await registered_beyond "$times" || { tail -n 3 "$tmp/node1.log"; return 1; }
  role_end node1
  true
}
each_step power /node/fence "the fence of a datanode (power)"

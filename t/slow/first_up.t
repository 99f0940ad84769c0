#!/bin/bash
# `dfs up` is killed before each change that it makes to a file system in its first start: the next one goes on, and serves.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"
plan 2

export FAULTY_RULES=$tmp/up.rules
cluster_dir=$tmp/up port=$(free_port)
cluster_dirs=("$cluster_dir")
up() { "$1" up --dir "$cluster_dir" --port "$port" --nodes 1 --detach; }
serves() { DFS_CONFIG=$cluster_dir/client.lua dfs mkdir /here; }
steps=0 tried=0 why=
while [ $steps -lt 400 ]; do
  rm -rf "$cluster_dir"
  rules up "step die after=$steps path=$cluster_dir/"
  up "$faulty_program" >"$tmp/out" 2>&1
  code=$?
  rules up
  [ $code != 0 ] || break
  # Its children may have gone first, each at a step of its own, and may be there still.
  pkill -9 -f -- "--dir $cluster_dir"
  await no_process "$cluster_dir"
  up "$dfs_program" >"$tmp/out" 2>&1 && serves >>"$tmp/out" 2>&1 || { why="step $steps: $(cat "$tmp/out")"; break; }
  cluster_stop >"$tmp/out" 2>&1 || { why="step $steps: $(cat "$tmp/out")"; break; }
  # The 256 folders of a data directory are alike.
  tried=$((tried + 1)) steps=$((steps + 1))
  [ $steps != 24 ] || steps=290
done
[ -z "$why" ] && [ $tried -gt 30 ]
tap $? "killed at $tried steps, dfs up can be repeated" "$why"
ok "and one that nobody kills serves" serves

# The figures of t/bench/run: what each runs, and against what. Sourced by it.
#
# A group shares a cluster; it ends whatever it started (t/bench/run: group_end). Floors and reaches stand with each
# figure: below the floor is `"ok": false`, the reach is what good work gives.
# shellcheck shell=bash disable=SC2154,SC2034

figure_groups=(put_goal1 put_goal3 get stat create put_small memory restart)
figure_names=(put_1g_goal1_async put_1g_goal1_sync put_1g_goal3_sync put_1g_goal3_async get_1g_file get_1g_null
  stat_rate create_rate put_4k_time datanode_memory client_memory_put client_memory_get
  restart_serves restart_known restart_heap restart_stat)

# ---- large files -----------------------------------------------------------------------------------------------

put_large() { # GOAL HOW NAME
  timed_rate "$build/dfs" put --goal "$1" --durability "$2" "$source_file" "/$3"
  last=/$3
  cluster_evict
}

ours_goal1_async() { put_large 1 async "async-$1"; }
ours_goal1_sync() { put_large 1 sync "sync-$1"; }
ours_goal3_async() { put_large 3 async "async-$1"; }
ours_goal3_sync() { put_large 3 sync "sync-$1"; }

theirs_cp() {
  timed_rate cp "$source_file" "$work/copy"
  rm "$work/copy"
}

theirs_dd() {
  timed_rate dd if="$source_file" of="$work/copy" bs=1M conv=fdatasync status=none
  rm "$work/copy"
}

theirs_dd_third() {
  theirs_dd
  rate=$(awk -v r="$rate" 'BEGIN { print r / 3 }')
}

# What was stored last comes back whole.
check_last() {
  dfs get "$last" "$work/back" || fail "dfs get $last"
  cmp "$source_file" "$work/back" || fail "$last comes back with other bytes"
  rm "$work/back"
}

put_group() { # NODES SYNC ASYNC: the names of two figures, and `put_figures`, which runs them
  any_wanted "$2" "$3" || return 0
  cluster_start "$1"
  put_figures
  check_last
}

group_put_goal1() {
  put_figures() {
    figure put_1g_goal1_async MB/s cp 0.7 1.1 ours_goal1_async theirs_cp
    figure put_1g_goal1_sync MB/s "dd conv=fdatasync" 0.7 0.95 ours_goal1_sync theirs_dd
  }
  put_group 1 put_1g_goal1_async put_1g_goal1_sync
}

group_put_goal3() {
  put_figures() {
    figure put_1g_goal3_sync MB/s "dd conv=fdatasync / 3" 0.7 1.0 ours_goal3_sync theirs_dd_third
    figure put_1g_goal3_async MB/s cp 0.25 0.4 ours_goal3_async theirs_cp
  }
  put_group 3 put_1g_goal3_sync put_1g_goal3_async
}

ours_get_file() {
  timed_rate "$build/dfs" get /large "$work/got"
  cmp "$source_file" "$work/got" || fail "/large comes back with other bytes"
  rm "$work/got"
}

ours_get_null() { timed_rate "$build/dfs" get /large -; }
theirs_loopback() { printed "$tools/loopback_copy" "$size_bytes"; }

group_get() {
  any_wanted get_1g_file get_1g_null || return 0
  need_tool loopback_copy
  cluster_start 1
  dfs put --goal 1 "$source_file" /large || fail "dfs put"
  figure get_1g_file MB/s cp 0.7 1.1 ours_get_file theirs_cp
  figure get_1g_null MB/s "loopback copy" 0.4 0.6 ours_get_null theirs_loopback
}

# ---- metadata --------------------------------------------------------------------------------------------------

stat_files=10000 stats=200000 creates=100000

ours_stat() { printed "$tools/many_calls" stat $stats 256 /stat $stat_files; }
theirs_requests() { printed "$tools/http_load" "$server_port" 16 $stats; }

group_stat() {
  wanted stat_rate || return 0
  need_tool many_calls
  cluster_start 1
  server_start "$work/served"
  "$tools/many_calls" create $stat_files 1024 /stat >/dev/null || fail "many_calls create"
  figure stat_rate 1/s "small HTTP requests" 0.5 1.0 ours_stat theirs_requests
}

# LMDB commits batches of the size that the master's had just before; where the master does not count its commits, of
# the calls in flight.
ours_create() {
  local commits operations
  commits=$(metric dfs_master_commits_total)
  operations=$(metric dfs_master_operations_total)
  settle
  printed "$tools/many_calls" create $creates 1024 "/create-$1"
  batch=1024
  if [ -n "$commits" ]; then
    batch=$((($(metric dfs_master_operations_total) - operations) / ($(metric dfs_master_commits_total) - commits)))
  fi
}

theirs_lmdb() {
  mkdir "$work/lmdb"
  settle
  printed "$tools/lmdb_alone" "$work/lmdb" $creates $((batch > 0 ? batch : 1))
  rm -r "$work/lmdb"
}

group_create() {
  wanted create_rate || return 0
  need_tool many_calls
  cluster_start 1
  figure create_rate 1/s "LMDB alone, same batches" 0.3 0.7 ours_create theirs_lmdb
}

# ---- small files -----------------------------------------------------------------------------------------------

ours_put_small() { timed_ms "$build/dfs" put --goal 1 "$work/small" "/small-$1"; }
theirs_put_small() {
  timed_ms curl -s -f -H Expect: -T "$work/small" "http://127.0.0.1:$server_port/small-$1"
}

group_put_small() {
  local pairs=$((10 * runs))
  wanted put_4k_time || return 0
  command -v curl >/dev/null || fail "curl is not installed"
  cluster_start 1
  server_start "$work/served"
  ours_put_small warm
  theirs_put_small warm
  settle
  figure put_4k_time ms "curl -T to a bare server" 0.5 1.5 ours_put_small theirs_put_small
  dfs get "/small-$pairs" "$work/small-back" && cmp "$work/small" "$work/small-back" || fail "/small-$pairs: other bytes"
  cmp "$work/small" "$work/served/small-$pairs" || fail "the bare server stored other bytes"
}

# ---- memory ----------------------------------------------------------------------------------------------------

peak_mib() { # KIB
  awk -v k="$1" 'BEGIN { printf "%.1f\n", k / 1024 }'
}

stream() { # GOAL NAME: a put and a get, whose peaks go to files
  timed "$build/dfs" put --goal "$1" "$source_file" "/$2"
  peak_mib "$peak_kib" >>"$work/peaks.put"
  timed "$build/dfs" get "/$2" "$work/got"
  peak_mib "$peak_kib" >>"$work/peaks.get"
  rm "$work/got"
  cluster_evict
}

group_memory() {
  local i pid
  any_wanted datanode_memory client_memory_put client_memory_get || return 0
  cluster_start 3
  for ((i = 1; i <= runs; i++)); do
    stream $((i % 2 ? 3 : 1)) "stream-$i"
  done
  for pid in $(datanode_pids); do
    peak_mib "$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$pid/status")"
  done >"$work/peaks.datanode"
  [ "$(wc -l <"$work/peaks.datanode")" = 3 ] || fail "there are not three datanodes any more"
  ! wanted datanode_memory || bound_figure datanode_memory MiB 64 2 "$work/peaks.datanode"
  ! wanted client_memory_put || bound_figure client_memory_put MiB 128 2 "$work/peaks.put"
  ! wanted client_memory_get || bound_figure client_memory_get MiB 128 2 "$work/peaks.get"
}

# ---- restart ---------------------------------------------------------------------------------------------------

restart_chunks=1000000

# One kill -9 of a master that knows a million chunks on three datanodes; its figures go to a file each.
restart_once() { # FIRST
  "$tools/restart_bench" "$build/dfs" "$work/restart" "127.0.0.1:$port" $restart_chunks "$1" >"$work/restart.out" \
    2>"$work/restart.log" || fail "restart_bench: $(tail -3 "$work/restart.log")"
  while read -r name value; do
    echo "$value" >>"$work/restart.$name"
  done <"$work/restart.out"
}

group_restart() {
  local i first
  any_wanted restart_serves restart_known restart_heap restart_stat || return 0
  need_tool restart_fill
  need_tool restart_bench
  free_ports 0
  dfs init --dir "$work/restart" --listen "127.0.0.1:$port" >/dev/null || fail "dfs init"
  first=$("$tools/restart_fill" "$work/restart" $restart_chunks) || fail "restart_fill"
  for ((i = 1; i <= runs; i++)); do
    restart_once "$first"
  done
  rm -r "$work/restart"
  ! wanted restart_serves || bound_figure restart_serves s 1 2 "$work/restart.serves_s"
  ! wanted restart_known || bound_figure restart_known s 10 2 "$work/restart.known_s"
  ! wanted restart_heap || bound_figure restart_heap MiB 93 1.5 "$work/restart.heap_mib"
  ! wanted restart_stat || bound_figure restart_stat ms 100 2 "$work/restart.stat_p99_ms"
}

# The machinery of t/bench/run: pairs of runs, medians, clusters, and their ends. Sourced by it.
# shellcheck shell=bash disable=SC2154,SC2034

table=$work/table        # name, ours, theirs, unit, ratio, floor, reach: one figure a line
source_file=$work/source # the large file
cluster='' server=''

fail() { # SENTENCE: the group ends
  echo "t/bench/run: $1" >&2
  exit 1
}

wanted() { # NAME
  local word
  [ ${#only[@]} -gt 0 ] || return 0
  for word in "${only[@]}"; do
    [[ $1 == *"$word"* ]] && return 0
  done
  return 1
}

any_wanted() { # NAME...
  local name
  for name in "$@"; do
    wanted "$name" && return 0
  done
  return 1
}

need_tool() { # NAME: one of t/bench/*.c
  [ -x "$tools/$1" ] || fail "$tools/$1 is not built"
}

need_space() { # BYTES
  local free
  free=$(df --output=avail -B1 "$work" | tail -1)
  [ "$free" -ge "$1" ] && return
  fail "$dir has $((free >> 20)) MiB free, this needs $(($1 >> 20)): take another --dir, a smaller --size or fewer --runs"
}

say_machine() {
  local load disk commit
  load=$(cut -d' ' -f1-3 /proc/loadavg | tr ' ' ,)
  disk=$(stat -f -c %T "$dir")
  commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null)
  printf '{"load_average":[%s],"cores":%d,"disk":"%s","size_bytes":%d,"runs":%d,"commit":"%s"}\n' \
    "$load" "$(nproc)" "$disk" "$size_bytes" "$runs" "$commit"
  [ "${load%%.*}" = 0 ] || echo "t/bench/run: the machine is busy (load $load): the figures will be poor" >&2
  [ "$disk" != tmpfs ] || echo "t/bench/run: $dir is in memory: what waits for a disk means nothing there" >&2
}

make_source() {
  need_tool timed
  head -c "$size_bytes" /dev/urandom >"$source_file" || fail "cannot write $source_file"
  head -c 4096 /dev/urandom >"$work/small"
}

# ---- one run ---------------------------------------------------------------------------------------------------

# Nobody pays for what another left in memory: all of it goes to the disk before a run.
settle() { sync -f "$work"; }

timed() { # COMMAND...: sets elapsed (s) and peak_kib
  local cpu
  "$tools/timed" "$work/timed" "$@" >/dev/null 2>"$work/timed.err" || fail "exit $?: $*: $(cat "$work/timed.err")"
  read -r elapsed peak_kib cpu <"$work/timed"
}

timed_rate() { # COMMAND...: sets rate, MB/s of the large file
  settle
  timed "$@"
  rate=$(awk -v s="$size_bytes" -v t="$elapsed" 'BEGIN { printf "%.1f", s / t / 1e6 }')
}

timed_ms() { # COMMAND...: sets rate
  timed "$@"
  rate=$(awk -v t="$elapsed" 'BEGIN { printf "%.3f", t * 1e3 }')
}

printed() { # COMMAND...: sets rate to the number that it prints
  rate=$("$@") || fail "failed: $*"
  [[ $rate =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "$* printed \"$rate\", not a number"
}

# ---- figures ---------------------------------------------------------------------------------------------------

# Ours and the other's in turn. OURS and THEIRS are functions that take the run's number and set `rate`; they may set
# `pairs` to take more pairs than --runs says. Of a unit of rates the ratio is ours / theirs, of time theirs / ours.
figure() { # NAME UNIT AGAINST FLOOR REACH OURS THEIRS
  local i ours
  wanted "$1" || return 0
  : >"$work/pairs"
  for ((i = 1; i <= ${pairs:-$runs}; i++)); do
    "$6" "$i"
    ours=$rate
    "$7" "$i"
    echo "$ours $rate" >>"$work/pairs"
  done
  tell "$1" "$2" "$3" "$4" "$5" "$work/pairs"
}

# A bound instead of another's figure: the ratio is bound / ours.
bound_figure() { # NAME UNIT BOUND REACH FILE (a value a line)
  awk -v bound="$3" '$1 > most { most = $1; } END { print most, bound }' "$5" >"$work/bound"
  tell "$1" "$2" "bound" 1 "$4" "$work/bound" "$(wc -l <"$5")"
}

tell() { # NAME UNIT AGAINST FLOOR REACH FILE [RUNS]
  awk -v name="$1" -v unit="$2" -v against="$3" -v floor="$4" -v reach="$5" -v count="${7:-0}" -v table="$table" '
    function median(a, n,   i, j, t) {
      for (i = 2; i <= n; i++)
        for (j = i; j > 1 && a[j] < a[j - 1]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
      return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
    }
    { ours[NR] = $1; theirs[NR] = $2; ratio[NR] = unit ~ /\/s$/ ? $1 / $2 : $2 / $1 }
    END {
      o = median(ours, NR); t = median(theirs, NR); r = median(ratio, NR)
      printf "{\"figure\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"limit\":%.6g,\"against\":\"%s\",\"ratio\":%.3f," \
        "\"lowest\":%.3f,\"highest\":%.3f,\"floor\":%s,\"reach\":%s,\"ok\":%s,\"runs\":%d}\n", name, o, unit, t, against,
        r, ratio[1], ratio[NR], floor, reach, (r >= floor ? "true" : "false"), (count > 0 ? count : NR)
      printf "%s\t%.6g\t%.6g\t%s\t%s\t%.3f\t%s\t%s\n", name, o, t, unit, against, r, floor, reach >>table
    }' "$6"
}

print_table() {
  [ -s "$table" ] || return 0
  awk -F '\t' '
    BEGIN { printf "\n%-22s %10s %10s %-5s %7s %6s %6s  %-8s %s\n", "figure", "ours", "limit", "unit", "ratio", "floor", "reach", "", "against" }
    { printf "%-22s %10.5g %10.5g %-5s %7.2f %6.2f %6.2f  %-8s %s\n", $1, $2, $3, $4, $6, $7, $8,
        ($6 >= $8 ? "reached" : $6 >= $7 ? "ok" : "SLOW"), $5 }' "$table"
}

# ---- clusters and servers --------------------------------------------------------------------------------------

dfs() { "$build/dfs" "$@"; }

port_free() { # PORT
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A port with N free ones above it.
free_ports() { # N: sets port
  local i
  while true; do
    port=$((20000 + RANDOM % 12000))
    for ((i = 0; i <= $1; i++)); do
      port_free $((port + i)) || continue 2
    done
    return
  done
}

cluster_start() { # NODES: a fresh cluster
  [ -x "$build/dfs" ] || fail "$build/dfs is not built"
  free_ports "$1"
  cluster=$work/cluster
  rm -rf "$cluster"
  dfs up --detach --nodes "$1" --dir "$cluster" --port "$port" >"$work/up.log" 2>&1 || fail "dfs up: $(tail -3 "$work/up.log")"
  export DFS_CONFIG=$cluster/client.lua
}

cluster_stop() {
  [ -n "$cluster" ] || return 0
  dfs down --dir "$cluster" >/dev/null 2>&1
  rm -rf "$cluster"
  cluster=''
}

# What the datanodes keep leaves the page cache, as the other's copy does when it is removed.
cluster_evict() {
  find "$cluster" -name '*.data' -exec dd of={} oflag=nocache conv=notrunc,fdatasync count=0 status=none \;
}

datanode_pids() {
  local process
  for process in /proc/[0-9]*; do
    tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -q -- "dfs datanode.* $cluster/node" && echo "${process#/proc/}"
  done
}

metric() { # NAME: a number of the master's /metrics; nothing where it has none
  curl -s -f "http://127.0.0.1:$port/metrics" | awk -v name="$1" '$1 == name { print $2 }'
}

server_start() { # DIR: the bare server; sets server_port
  mkdir -p "$1"
  rm -f "$work/server.port"
  "$tools/bare_server" "$1" >"$work/server.port" &
  server=$!
  until [ -s "$work/server.port" ]; do
    kill -0 "$server" 2>/dev/null || fail "bare_server does not start"
    sleep 0.01
  done
  server_port=$(cat "$work/server.port")
}

server_stop() {
  [ -n "$server" ] || return 0
  kill "$server"
  wait "$server" 2>/dev/null
  server=''
}

group_end() {
  cluster_stop
  server_stop
}

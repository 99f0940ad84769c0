# TAP for shell tests, and a cluster of their own. Sourced by t/*.t.
#
#   plan N; ok "name" COMMAND...; is GOT WANTED "name"; like TEXT PATTERN "name"; fails CODE PATTERN "name" COMMAND...
#   cluster_start [flags of dfs up]: a cluster below $tmp on free ports; $dfs finds it. Ends with the test.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=${DFS_T_BUILD:-$PWD/build}
dfs_program=$build/dfs
tmp=$(mktemp -d "${TMPDIR:-/tmp}/dfs-t.XXXXXX")
export XDG_CONFIG_HOME=$tmp/config XDG_DATA_HOME=$tmp/data HOME=$tmp
unset DFS_MASTER DFS_TOKEN DFS_CONFIG
tap_count=0 tap_failed=0 cluster_dirs=()
trap tap_end EXIT
trap 'exit 1' INT TERM

# Data files of files' chunks. Those of the metadata itself (RULES 20), whose ids have bit 39 set, come and go by time.
of_files='??????[0-7]*.data'

dfs() { "$dfs_program" "$@"; }

plan() { echo "1..$1"; }

tap() { # STATUS NAME [DETAIL]
  tap_count=$((tap_count + 1))
  if [ "$1" = 0 ]; then
    echo "ok $tap_count - $2"
  else
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $2"
    [ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/# /' >&2
  fi
}

ok() { # NAME COMMAND...
  local name=$1 out code=0
  shift
  out=$("$@" 2>&1) || code=$?
  tap "$code" "$name" "exit $code: $*
$out"
}

is() { # GOT WANTED NAME
  if [ "$1" = "$2" ]; then tap 0 "$3"; else tap 1 "$3" "got:    $1
wanted: $2"; fi
}

like() { # TEXT PATTERN(ERE) NAME
  if printf '%s\n' "$1" | grep -Eq -- "$2"; then tap 0 "$3"; else tap 1 "$3" "got:     $1
pattern: $2"; fi
}

# The command ends with this code, says one sentence that matches on standard error, and prints nothing else.
fails() { # CODE PATTERN NAME COMMAND...
  local want=$1 pattern=$2 name=$3 code=0 out err
  shift 3
  out=$("$@" 2>"$tmp/stderr") || code=$?
  err=$(cat "$tmp/stderr")
  if [ "$code" = "$want" ] && [ -z "$out" ] && [ "$(printf '%s\n' "$err" | wc -l)" = 1 ] && printf '%s\n' "$err" | grep -Eq -- "$pattern"; then
    tap 0 "$name"
  else
    tap 1 "$name" "exit $code (wanted $want) of: $*
stdout: $out
stderr: $err
wanted: $pattern"
  fi
}

# Wait until a command succeeds: an event, asked for every 20 ms, for at most 30 s.
await() { # COMMAND...
  local until=$((SECONDS + 30))
  while [ $SECONDS -lt $until ]; do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.02
  done
  echo "# waited 30 s for: $*" >&2
  return 1
}

# A port with 16 free ones above it.
free_port() {
  perl -MIO::Socket::INET -e '
    while (1) {
      my $base = 20000 + int rand 12000;
      my @all = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $base + $_, Listen => 1) } 0 .. 15;
      next if grep { !defined } @all;
      print "$base\n";
      last;
    }'
}

cluster_start() { # [flags of dfs up]
  port=${port:-$(free_port)}
  cluster_dir=${cluster_dir:-$tmp/cluster}
  "$dfs_program" up --dir "$cluster_dir" --port "$port" --detach "$@" >"$tmp/up.out" 2>"$tmp/up.err" || {
    cat "$tmp/up.err" >&2
    return 1
  }
  cluster_dirs+=("$cluster_dir")
  export DFS_CONFIG=$cluster_dir/client.lua
}

cluster_stop() { "$dfs_program" down --dir "$cluster_dir"; }

# Process of a role: role_pid master, role_pid node2
role_pid() { pgrep -f -- "dfs (master|datanode) .*--dir $cluster_dir/$1( |\$)"; }

# kill -9 of a role, and its end: a process that is being killed still holds its locks.
role_kill() {
  local pid
  pid=$(role_pid "$1") && kill -9 "$pid" && await process_gone "$pid"
}
# Its memory goes before its files: only a zombie has none open.
process_gone() { case $(sed -n 's/.*) \(.\) .*/\1/p' "/proc/$1/stat" 2>/dev/null) in '' | Z | X) ;; *) false ;; esac; }

# All of a cluster, at once, as a power switch would.
cluster_kill() { pkill -9 -f -- "dfs (master|datanode) .*--dir $cluster_dir" ; pkill -9 -f -- "dfs up --dir $cluster_dir" ; await no_process "$cluster_dir"; }
no_process() { ! pgrep -f -- "--dir $1" | grep -v "^$$\$" | grep -q .; }

nodes_up() { [ "$("$dfs_program" nodes --json 2>/dev/null | jq '[.nodes[] | select(.state == "up")] | length')" = "$1" ]; }

tap_end() {
  local dir
  for dir in "${cluster_dirs[@]}"; do
    "$dfs_program" down --dir "$dir" >/dev/null 2>&1 || true
    pkill -9 -f -- "--dir $dir" 2>/dev/null || true
  done
  rm -rf "$tmp"
  [ "$tap_failed" = 0 ] || exit 1
}

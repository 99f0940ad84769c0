# Sourced after tap.sh by t/fault/*.t: a cluster whose roles and disks can be broken one by one, under a load that knows
# every acknowledged byte (t/fault/load.c).
#
#   disk_make NAME SIZE      an ext4 on a loop device at $tmp/NAME; skips the test where that is not permitted
#   power_cut NAME           what was not synced is gone, and every file on it fails (EXT4_IOC_SHUTDOWN)
#   disk_back NAME           mounted again, as after the power came back; its role must be dead
#   fault_init; start_master [FLAGS]; start_node N [FLAGS]; role_end ROLE [SIGNAL]
#   rules ROLE [RULE...]     what goes wrong in it from now on (t/fault/rules.h); nothing: all is well again. Roles run as dfs-faulty then:
#                            set role_program=$faulty_program before they start
#   struck ROLE PATTERN      a rule has, as the role's log says
#   load_start [FLAGS of load]; load_goes_on [N]; load_stop NAME; load_verify NAME
#
# role_dirs[node1]=DIR says where a role keeps everything (default $tmp/ROLE).
declare -A role_pids role_dirs
faulty_program=$build/t/fault/dfs-faulty role_program=$dfs_program
load_program=$build/t/fault/load journal=$tmp/journal load_pid=
fault_disks=() fault_netns=()
trap fault_end EXIT

skip_all() { # REASON
  echo "1..0 # SKIP $1"
  exit 0
}

disk_make() { # NAME SIZE
  mkdir -p "$tmp/$1"
  if ! { truncate -s "$2" "$tmp/$1.img" && mkfs.ext4 -q -E lazy_itable_init=1,lazy_journal_init=1 "$tmp/$1.img" &&
    mount -o loop "$tmp/$1.img" "$tmp/$1"; } 2>"$tmp/disk.err"; then
    skip_all "no loop mounts here: $(tail -n 1 "$tmp/disk.err")"
  fi
  fault_disks+=("$tmp/$1")
  rmdir "$tmp/$1/lost+found"
}

power_cut() { # NAME
  perl -e 'open(my $dir, "<", $ARGV[0]) or die "$ARGV[0]: $!\n";
    # EXT4_IOC_SHUTDOWN = _IOR(X, 125, __u32); 2 = EXT4_GOING_FLAGS_NOLOGFLUSH: not even the log is flushed
    my $flag = pack("L", 2);
    ioctl($dir, 0x8004587d, $flag) or die "EXT4_IOC_SHUTDOWN: $!\n"' "$tmp/$1"
}

disk_back() { # NAME
  await umount "$tmp/$1" && mount -o loop "$tmp/$1.img" "$tmp/$1"
}

fault_init() {
  port=$(free_port) cluster_dir=$tmp/cluster key=$tmp/cluster/cluster.key
  dfs init --dir "$cluster_dir" --listen 127.0.0.1:$port || return 1
  export DFS_CONFIG=$cluster_dir/client.lua
  mkdir -p "$(role_dir master)"
  cp -a "$cluster_dir/master/." "$(role_dir master)/" && rm -r "$cluster_dir/master"
}

role_dir() { echo "${role_dirs[$1]:-$tmp/$1}"; }

start_master() { # [FLAGS]
  # shellcheck disable=SC2086
  FAULTY_RULES=$tmp/master.rules ${master_prefix:-} "$role_program" master --dir "$(role_dir master)" --key "$key" --listen 127.0.0.1:$port "$@" >>"$tmp/master.log" 2>&1 &
  role_pids[master]=$!
}

start_node() { # N [FLAGS]
  local n=$1 dir
  shift
  dir=$(role_dir node$n)
  [ -e "$dir/node" ] || dfs init --datanode --dir "$dir" --key "$key" || return 1
  # shellcheck disable=SC2086
  FAULTY_RULES=$tmp/node$n.rules ${node_prefix:-} "$role_program" datanode --dir "$dir" --key "$key" --master 127.0.0.1:$port --listen "127.0.0.1:$((port + n))" --reserve 1M "$@" \
    >>"$tmp/node$n.log" 2>&1 &
  role_pids[node$n]=$!
}

rules() { # ROLE [RULE...]
  local role=$1
  shift
  { [ $# = 0 ] || printf '%s\n' "$@"; } >"$tmp/$role.rules.new"
  mv "$tmp/$role.rules.new" "$tmp/$role.rules"
}
struck() { grep -Eq "^faulty: .*$2" "$tmp/$1.log"; } # ROLE PATTERN

role_end() { # ROLE [SIGNAL]
  [ -n "${role_pids[$1]:-}" ] || return 0
  kill "-${2:-KILL}" "${role_pids[$1]}" 2>/dev/null
  wait "${role_pids[$1]}" 2>/dev/null
  local code=$?
  unset "role_pids[$1]"
  return $code
}

load_start() { # [FLAGS]
  "$load_program" run "$journal" "$@" >>"$tmp/load.out" 2>&1 &
  load_pid=$!
  load_goes_on 1
}

load_count() { "$load_program" count "$journal"; }
load_beyond() { kill -0 "$load_pid" 2>/dev/null && [ "$(load_count)" -gt "$1" ]; }
# N puts and gets more have been acknowledged, from now.
load_goes_on() { # [N]
  local now
  now=$(load_count)
  await load_beyond $((now + ${1:-40}))
}

load_stop() { # NAME
  kill -TERM "$load_pid" 2>/dev/null
  wait "$load_pid"
  local code=$?
  load_pid=
  tap $code "$1" "$(tail -n 20 "$tmp/load.out")"
  sed -n '/^# /p' "$tmp/load.out"
}

load_verify() { # NAME
  local code=0
  "$load_program" verify "$journal" >"$tmp/verify.out" 2>&1 || code=1
  tap $code "$1" "$(cat "$tmp/verify.out")"
}

goal_reached() { [ "$(dfs status --json 2>/dev/null | jq -r '"\(.under_goal) \(.lost)"')" = "0 0" ]; }

fault_end() {
  local role disk namespace
  [ -z "$load_pid" ] || { kill -9 "$load_pid"; pkill -9 -f "^$load_program run $journal"; } 2>/dev/null
  for role in "${!role_pids[@]}"; do
    kill -CONT "${role_pids[$role]}"; kill -9 "${role_pids[$role]}"; wait "${role_pids[$role]}"
  done 2>/dev/null
  for disk in "${fault_disks[@]}"; do umount -l "$disk" 2>/dev/null; done
  for namespace in "${fault_netns[@]}"; do ip netns del "$namespace" 2>/dev/null; done
  [ -z "${KEEP:-}" ] || cp -r "$tmp"/*.log "$tmp"/load.out "$KEEP"
  tap_end
}

#!/bin/bash
# Everything that befalls a room of cheap machines, in an order that a seed decides, under load: five datanodes and a master
# as real processes, a fault every few seconds, for four minutes. What destroys copies strikes one datanode at a time, when every
# chunk has its goal; what only takes a role away for a while strikes up to two at once.
#
#   t/slow/mix.t [SEED] [--minutes N]
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"

seed=$((($(date +%s%N) / 1000) % 1000000)) minutes=4
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=$2; shift ;;
    *) seed=$1 ;;
  esac
  shift
done
nodes=5
for disk in meta 1 2 3 4 5; do disk_make disk$disk 900M; done
echo "# t/slow/mix.t $seed --minutes $minutes"
# pick N: a number below N in $picked. Not by $( ): the state is here.
random=$seed picked=
pick() { random=$(((random * 1103515245 + 12345) & 0x7fffffff)); picked=$(((random >> 8) % $1)); }
pick_of() { pick $#; shift $picked; picked=$1; }

role_program=$faulty_program
role_dirs[master]=$tmp/diskmeta/master
for n in $(seq $nodes); do role_dirs[node$n]=$tmp/disk$n/node; done
master_up() { start_master --dead-after 2000 --linger 1000 --ticket 1000 --retain 5s --orphan-grace 10s --trim-after 5000; }
jump() { echo "$2" >"$tmp/clock.$1.new"; mv "$tmp/clock.$1.new" "$tmp/clock.$1"; } # ROLE SECONDS
start_role() {
  export CLOCK_JUMP_FILE=$tmp/clock.$1
  master_prefix="env LD_PRELOAD=$build/t/fault/clock_jump.so" node_prefix=$master_prefix
  if [ "$1" = master ]; then master_up; else start_node "${1#node}"; fi
}
fault_init
for role in master node1 node2 node3 node4 node5; do jump $role 0; start_role $role; done
await nodes_up $nodes || exit 1
load_start --seed "$seed" --goal 3 --size-max 1500000

disk_of() { if [ "$1" = master ]; then echo diskmeta; else echo "disk${1#node}"; fi; }
state_of() { dfs nodes --json | jq -r ".nodes[] | select(.address == \"127.0.0.1:$((port + ${1#node}))\") | .state"; }
state_is() { [ "$(state_of "$1")" = "$2" ]; }
all_up() { await nodes_up $nodes || await nodes_up $nodes; }
goal_again() { await goal_reached || await goal_reached || await goal_reached; }
restart() { role_end "$1" "${2:-KILL}"; start_role "$1"; }
back_on_disk() { role_end "$1" && false; disk_back "$(disk_of "$1")" && start_role "$1"; }
say() { echo "# $(date +%T) $*"; }

# ---- what takes a role away for a while: NAME_begin ROLE, NAME_end ROLE

kill_begin() { role_end "$1"; }
kill_end() { start_role "$1"; }
stop_begin() { kill -STOP "${role_pids[$1]}"; }
stop_end() { kill -CONT "${role_pids[$1]}"; }
power_begin() { power_cut "$(disk_of "$1")"; }
power_end() { back_on_disk "$1"; }
full_begin() { dd if=/dev/zero of="$tmp/$(disk_of "$1")/filler" bs=64k 2>/dev/null; true; }
full_end() { rm -f "$tmp/$(disk_of "$1")/filler"; }
readonly_begin() { mount -o remount,abort "$tmp/$(disk_of "$1")"; }
readonly_end() { back_on_disk "$1"; }
late_begin() { pick 1000; rules "$1" "sync delay=$((picked + 1))" "read delay=$((picked / 3 + 1))" "commit delay=$((picked / 6 + 1))"; }
late_end() { rules "$1"; }
hang_begin() { rules "$1" "sync delay=15000" "read delay=3000"; }
hang_end() { rules "$1"; }
nospace_begin() { rules "$1" "write fail=ENOSPC chance=30 seed=$random"; }
nospace_end() { rules "$1"; }
copies_begin() { rules "$1" "rename fail=EIO chance=50 seed=$random path=.tmp" "open fail=EIO chance=20 seed=$random path=.tmp"; }
copies_end() { rules "$1"; restart "$1" TERM; }
clock_begin() { pick_of 3600 -3600 864000 -864000 30 -30; jump "$1" $picked; }
clock_end() { jump "$1" 0; }
commit_begin() { rules "$1" "commit fail=EIO count=1"; await process_gone "${role_pids[$1]}"; }
commit_end() { rules "$1"; restart "$1"; }

gentle=(kill kill stop stop power full readonly late hang nospace copies clock)
of_master=(kill kill stop power late clock commit)

# ---- what destroys copies: NAME ROLE, all in one go

files_of() { find "$(role_dir "$1")/data/chunks" -name "*.$2" -size +0 | sort; }
flip() {
  perl -e 'open(my $f, "+<", $ARGV[0]) or exit; my $at = int(rand(-s $f)); seek($f, $at, 0); read($f, my $byte, 1);
    seek($f, $at, 0); print $f chr(ord($byte) ^ 1 << int rand 8)' "$1"
}
# some COUNT ROLE KIND: at most so many of its files, one of three, in $taken
some() {
  local file
  taken=()
  for file in $(files_of "$2" "$3"); do
    pick 3
    [ $picked != 0 ] || taken+=("$file")
    [ ${#taken[@]} -lt "$1" ] || break
  done
}
maybe_restart() { pick 2; [ $picked = 0 ] || restart "$1"; }
flip_data() { local file; some 30 "$1" data; for file in "${taken[@]}"; do flip "$file"; done; }
flip_index() { local file; role_end "$1"; some 30 "$1" idx; for file in "${taken[@]}"; do flip "$file"; done; start_role "$1"; }
cut_files() {
  local file
  some 10 "$1" data
  for file in "${taken[@]}"; do perl -e 'truncate($ARGV[0], int(rand(-s $ARGV[0])))' "$file"; done
  maybe_restart "$1"
}
remove_files() { pick_of data idx; some 30 "$1" "$picked"; rm -f "${taken[@]}"; maybe_restart "$1"; }
strikes() { grep -c "^faulty: $2" "$tmp/$1.log"; } # ROLE RULE
strikes_beyond() { [ "$(strikes "$1" "$2")" -gt "$3" ]; }
bad() { # ROLE RULE: in force until it has struck
  local before
  before=$(strikes "$1" "$2")
  rules "$1" "$2 chance=20 seed=$random"
  await strikes_beyond "$1" "$2" "$before"
  load_goes_on 5
  rules "$1"
  restart "$1" TERM
}
bad_syncs() { bad "$1" "sync fail=EIO"; }
bad_writes() { bad "$1" "write fail=EIO"; }
bad_reads() { bad "$1" "read fail=EIO"; }
destroying=(flip_data flip_index cut_files remove_files bad_syncs bad_writes bad_reads)

round_gentle() {
  local first second='' fault other=''
  pick $nodes; first=node$((picked + 1))
  pick_of "${gentle[@]}"; fault=$picked
  pick 4
  case $picked in
    0) second=master; pick_of "${of_master[@]}"; other=$picked ;;
    1) pick $((nodes - 1)); second=node$(((${first#node} + picked) % nodes + 1)); pick_of "${gentle[@]}"; other=$picked ;;
  esac
  what="$fault of $first${second:+, $other of $second}"
  say "$what"
  "${fault}_begin" "$first"
  [ -z "$second" ] || "${other}_begin" "$second"
  # A master that is away stops everybody: it comes back first.
  [ "$second" != master ] || "${other}_end" master
  pick 300
  # With a late disk so many may take longer than one waits here.
  load_goes_on $((picked + 5)) || load_goes_on 5 || what="$what: the load stands still"
  "${fault}_end" "$first"
  [ -z "$second" ] || [ "$second" = master ] || "${other}_end" "$second"
  [ "${what%still}" = "$what" ] && all_up
}

round_room() {
  local disk role
  what="power cut of the whole room"
  say "$what"
  for disk in meta 1 2 3 4 5; do power_cut disk$disk; done
  for role in master node1 node2 node3 node4 node5; do role_end $role; done
  for disk in meta 1 2 3 4 5; do disk_back disk$disk || return 1; done
  for role in master node1 node2 node3 node4 node5; do start_role $role; done
  all_up
}

round_destroying() {
  local role fault
  pick $nodes; role=node$((picked + 1))
  pick_of "${destroying[@]}"; fault=$picked
  what="$fault of $role"
  say "waiting for the goal, then $what"
  goal_again || { what="$what: the goal is not reached before"; return 1; }
  "$fault" "$role"
  all_up || return 1
  # What nobody reads is found by the scrub alone.
  dfs scrub --now --rate 1G --wait >"$tmp/scrub.out" 2>&1
  goal_again || { what="$what: the goal is not reached after"; return 1; }
}

ends=$((SECONDS + minutes * 60))
while [ $SECONDS -lt $ends ]; do
  pick 12
  case $picked in
    0) round_room ;;
    [1-4]) round_destroying ;;
    *) round_gentle ;;
  esac && load_goes_on 10
  good=$?
  tap $good "$what"
  [ $good = 0 ] || { dfs nodes; dfs status; } 2>&1 | sed 's/^/# /'
  [ $good = 0 ] || break
done
load_stop "nobody saw a wrong byte"
ok "all datanodes are up" all_up
ok "and the goal is reached" goal_again
dfs fsck / >"$tmp/fsck.out" 2>&1
tap $? "a check finds nothing wrong" "$(cat "$tmp/fsck.out")"
load_verify "every acknowledged byte is there"
echo "1..$tap_count"
[ "$tap_failed" = 0 ] || echo "# again: t/slow/mix.t $seed --minutes $minutes" >&2

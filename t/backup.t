#!/bin/bash
# The metadata is kept, comes back, and never comes back by mistake (RULES 16, 19).
. "$(dirname "$0")/lib/tap.sh"
plan 46

cluster_start --nodes 3 || exit 1
key=$cluster_dir/cluster.key
head -c 3000000 /dev/urandom >"$tmp/old"
head -c 3000000 /dev/urandom >"$tmp/new"
same() { dfs get "$1" "$tmp/out" && cmp -s "$2" "$tmp/out"; rm -f "$tmp/out"; }
chunks_there() { find "$cluster_dir"/node*/data/chunks -name "$of_files" | wc -l; }
start_master() { # DIR [flags]
  local dir=$1
  shift
  "$dfs_program" master --dir "$dir" --key "$key" --listen "127.0.0.1:$port" "$@" 2>>"$tmp/master.log" &
  master=$!
}
stop_master() { kill -9 "$master" && wait "$master" 2>/dev/null; }
status_says() { dfs status 2>/dev/null | grep -Eq -- "$1"; }
logged() { grep -q "$1" "$tmp/master.log"; }

# ---- backup
dfs put "$tmp/old" /old
like "$(dfs master backup "$tmp/backup")" 'operation [0-9]+, of 20.*epoch 1' "a backup of a running cluster says what it holds"
fails 1 'is there already.*--force' "it does not replace a file" dfs master backup "$tmp/backup"
ok "but by --force" dfs master backup --force "$tmp/backup"
is "$(stat -c %a "$tmp/backup")" 600 "a backup is for its owner alone"
fails 1 'master runs on' "a directory in use is not read from outside" dfs master backup "$tmp/b2" --dir "$cluster_dir/master"
fails 2 'FILE is needed' "a backup needs a file" dfs master backup
fails 1 'o such file' "a backup into a folder that is not there" dfs master backup "$tmp/no/where"
fails 1 'no master answers' "a backup without a master" dfs master backup "$tmp/b2" --master 127.0.0.1:1
fails 1 'token' "a backup by somebody who may not" dfs master backup "$tmp/b2" --token "$(sed -n 's/.*token = "\(.*\)".*/\1/p' "$DFS_CONFIG" | tr 0-9 1-90)"
fails 2 'nothing is held' "accept where nothing was restored" dfs master accept
is "$(ls "$tmp" | grep -c '^b2')" 0 "what failed leaves no file"
dfs put "$tmp/new" /new
cluster_stop
ok "a backup of a master that does not run" dfs master backup "$tmp/late" --dir "$cluster_dir/master"
fails 1 'not a master' "a backup of a directory that is none" dfs master backup "$tmp/b2" --dir "$tmp"

# ---- restore: what is refused
fails 1 'not empty' "a restore into a directory in use" dfs master restore "$tmp/backup" --dir "$cluster_dir/master"
fails 1 'no checkpoint or backup' "a restore of another file" dfs master restore "$tmp/old" --dir "$tmp/r"
head -c 20000 "$tmp/backup" >"$tmp/cut"
fails 1 'cut' "a restore of a cut backup" dfs master restore "$tmp/cut" --dir "$tmp/r"
cp "$tmp/backup" "$tmp/flipped"
printf '\x55' | dd of="$tmp/flipped" bs=1 seek=20000 conv=notrunc status=none
fails 1 'fails its checksum' "a restore of a backup with a flipped byte" dfs master restore "$tmp/flipped" --dir "$tmp/r"
fails 1 'o such file' "a restore of nothing" dfs master restore "$tmp/nothing" --dir "$tmp/r"
fails 2 '--dir is needed' "a restore needs a directory" dfs master restore "$tmp/backup"
ok "none of them made the directory" test ! -e "$tmp/r"

# ---- an old copy put back by cp, an empty one, one of another cluster, two on one directory
mv "$cluster_dir/master" "$tmp/newest"
mkdir "$tmp/old-copy"
head -c -4096 "$tmp/backup" >"$tmp/old-copy/data.mdb"
start_nodes() {
  for n in 1 2 3; do
    "$dfs_program" datanode --dir "$cluster_dir/node$n" --key "$key" --master "127.0.0.1:$port" --listen "127.0.0.1:$((port + n))" \
      2>>"$tmp/node.log" &
    nodes+=($!)
  done
}
nodes=()
before=$(chunks_there)
start_nodes
for start in 1 2; do
  : >"$tmp/master.log"
  start_master "$tmp/old-copy" --linger 1 --ticket 1 --safe-mode 100
  ok "an old copy, start $start: it finds out" await logged 'event=old_copy'
  await status_says 'old copy'
  fails 1 'old copy.*restore' "it changes nothing" dfs rm /old
  stop_master
done
is "$(chunks_there)" "$before" "and deletes nothing"
fails 1 'another master|LOCK' "two masters on one directory" bash -c "
  '$dfs_program' master --dir '$tmp/newest' --key '$key' --listen 127.0.0.1:$((port + 8)) 2>/dev/null & first=\$!
  until curl -sf http://127.0.0.1:$((port + 8))/healthz >/dev/null; do sleep 0.02; done
  '$dfs_program' master --dir '$tmp/newest' --key '$key' --listen 127.0.0.1:$((port + 9)); code=\$?
  kill \$first; wait \$first; exit \$code"
mkdir "$tmp/empty"
fails 1 'no metadata in.*restore' "a master on an empty directory" dfs master --dir "$tmp/empty" --key "$key"
is "$(ls "$tmp/empty")" "" "leaves nothing in it"
dfs init --dir "$tmp/other" --listen "127.0.0.1:$((port + 9))" >/dev/null
fails 1 'belongs to cluster' "a master with another cluster's key" dfs master --dir "$tmp/newest" --key "$tmp/other/cluster.key" --listen "127.0.0.1:$((port + 8))"
cp "$key" "$tmp/other/cluster.key"
: >"$tmp/master.log"
start_master "$tmp/other/master"
ok "a new database for an old cluster finds out" await logged 'event=old_copy'
stop_master
fails 1 'belongs to cluster' "a datanode with another cluster's data" bash -c "
  sed 's/^cluster=...../cluster=00000/' '$key' >'$tmp/key2'; chmod 600 '$tmp/key2'
  '$dfs_program' datanode --dir '$cluster_dir/node1' --key '$tmp/key2' --listen 127.0.0.1:$((port + 10))"
is "$(chunks_there)" "$before" "after all that no chunk is gone"
start_master "$tmp/newest"
ok "the newest metadata is served as ever" await nodes_up 3
ok "with all its bytes" same /new "$tmp/new"
stop_master

# ---- restore
like "$(dfs master restore "$tmp/backup" --dir "$cluster_dir/master")" 'nothing until .*dfs master accept' "a restore says what it found and what comes next"
start_master "$cluster_dir/master" --linger 1 --ticket 1 --safe-mode 100
ok "the datanodes serve the restored master" await nodes_up 3
await status_says 'restored on .*dfs master accept'
tap $? "dfs status says that it was restored, and what to do"
ok "what the backup knows is there" same /old "$tmp/old"
fails 1 'no such' "what came later is not" dfs get /new "$tmp/out"
dfs rm --now /old && dfs put "$tmp/new" /newer
stop_master
start_master "$cluster_dir/master" --linger 1 --ticket 1 --safe-mode 100
await nodes_up 3
await status_says 'restored on'
tap $? "a restart forgets nothing of it"
is "$(($(chunks_there) - before))" 3 "no chunk was deleted, neither removed nor unknown"
ok "it is accepted" dfs master accept
await status_says '^state +well'
tap $? "then all is well"
ok "and what was written meanwhile is there" same /newer "$tmp/new"
stop_master
fails 1 'not empty' "a second restore does not overwrite the first" dfs master restore "$tmp/backup" --dir "$cluster_dir/master"
kill "${nodes[@]}"
wait "${nodes[@]}" 2>/dev/null
ok "a checkpoint restores as a backup does" dfs master restore "$(ls "$tmp"/newest/checkpoints/*.checkpoint | tail -n 1)" --dir "$tmp/again"

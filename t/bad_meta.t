#!/bin/bash
# What a master finds in its directory that it cannot use: one sentence that names the file and the remedy, every time, and
# nothing changed. The datanodes wait, and serve the metadata that is put back.
. "$(dirname "$0")/lib/tap.sh"
plan 18

cluster_start --nodes 2 || exit 1
meta=$cluster_dir/master key=$cluster_dir/cluster.key
head -c 3000000 /dev/urandom >"$tmp/in"
mkdir "$tmp/tree"
for i in $(seq 400); do echo "$i" >"$tmp/tree/$i"; done
dfs put --goal 2 "$tmp/in" /file && dfs put -r --goal 2 "$tmp/tree" /tree
ok "a backup while all is well" dfs master backup "$tmp/backup"
ok "the master ends" role_kill master
cp "$meta/data.mdb" "$tmp/good"
sum() { sha256sum <"$meta/data.mdb"; }
start() { "$@" timeout 20 "$dfs_program" master --dir "$meta" --key "$key" --listen 127.0.0.1:$port; }
refused() { # PATTERN NAME [PREFIX...]: twice; the log's lines come before the sentence
  local pattern=$1 name=$2 before code=0
  shift 2
  before=$(sum)
  for _ in 1 2; do
    code=0
    start "$@" >"$tmp/out" 2>"$tmp/err" || code=$?
    [ $code = 1 ] && [ "$(grep -c '^dfs master:' "$tmp/err")" = 1 ] && tail -n 1 "$tmp/err" | grep -Eq -- "$pattern" || code=99
    [ $code = 1 ] || break
  done
  [ $code = 1 ]
  tap $? "$name" "exit $code: $(cat "$tmp/err")"
  is "$(sum)" "$before" "and nothing is changed: $name"
}
back() { cp "$tmp/good" "$meta/data.mdb"; }
remedy="$meta/data.mdb.*damaged.*$meta/checkpoints.*dfs master restore"

# One bit in what a row says: in the middle of a name that stands in a page. A backup has live pages alone, as no database at work has.
head -c -4096 "$tmp/backup" >"$meta/data.mdb"
at=$(grep -abo -m 1 'tree' "$meta/data.mdb" | head -n 1 | cut -d: -f 1)
printf '\x75' | dd of="$meta/data.mdb" bs=1 seek="$at" conv=notrunc status=none
refused "$remedy" "a flipped bit in a row"
back
head -c 16384 /dev/zero | dd of="$meta/data.mdb" bs=4096 seek=8 conv=notrunc status=none
refused "$remedy" "pages of zeros"
back
truncate -s $(($(stat -c %s "$meta/data.mdb") / 2)) "$meta/data.mdb"
refused "$meta/data.mdb: the file was cut.*checkpoint|$remedy" "a file that was cut"
back
head -c 65536 /dev/urandom >"$meta/data.mdb"
refused "$meta.*(not an LMDB|damaged|invalid|INVALID).*" "a file that is none"
back
chmod 600 "$meta/data.mdb"
if [ "$(id -u)" = 0 ]; then
  cp -a "$cluster_dir" "$tmp/theirs"
  chown -R 65534:65534 "$tmp/theirs"
  chmod 755 "$tmp"
  meta=$tmp/theirs/master
  # Root without root's powers over files stands for another user, who cannot even reach the build.
  refused "$tmp/theirs/master.*permission denied.*owns.*chown" "a directory of somebody else" setpriv --bounding-set=-dac_override,-dac_read_search
  meta=$cluster_dir/master
else
  for _ in 1 2; do tap 0 "a directory of somebody else # SKIP needs root"; done
fi
ok "a damaged one under dfs up" sh -c "head -c 16384 /dev/zero | dd of='$meta/data.mdb' bs=4096 seek=8 conv=notrunc status=none"
cluster_kill
fails 1 "data.mdb.*damaged.*restore" "dfs up says it too, and ends" dfs up --dir "$cluster_dir" --port "$port" --detach
ok "nothing is left running" no_process "$cluster_dir"
mv "$meta" "$tmp/damaged"
ok "the backup is put back" dfs master restore "$tmp/backup" --dir "$meta"
ok "the cluster starts" dfs up --dir "$cluster_dir" --port "$port" --detach
ok "and all its bytes are there" sh -c "'$dfs_program' get /file - | cmp - '$tmp/in' && '$dfs_program' get -r /tree '$tmp/tree.back' && diff -r '$tmp/tree' '$tmp/tree.back'"

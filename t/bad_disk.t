#!/bin/bash
# What a datanode finds on its disks that it cannot use: one sentence that names the file and the remedy, nothing changed.
. "$(dirname "$0")/lib/tap.sh"
plan 15

cluster_start --nodes 2 || exit 1
head -c 3000000 /dev/urandom >"$tmp/in"
dfs put --goal 2 --chunk-size 1M "$tmp/in" /file
sealed() { [ "$(dfs nodes --json | jq '[.nodes[].chunks | tonumber] | add')" = 6 ] && [ "$(dfs status --json | jq -r '.open_chunks')" = 0 ]; }
await sealed
node=$cluster_dir/node1
ok "a datanode ends" role_kill node1
sums() { (cd "$node" && find . -type f ! -name lock -print0 | sort -z | xargs -0 sha256sum); }
start() { # [PREFIX...]: as `dfs up` starts it
  "$@" "$dfs_program" datanode --master 127.0.0.1:$port --listen 127.0.0.1:$((port + 1)) --key "$cluster_dir/cluster.key" --dir "$node"
}
refused() { # PATTERN NAME [PREFIX...]: the log's lines come before the sentence
  local pattern=$1 name=$2 code=0
  shift 2
  start timeout 20 "$@" >"$tmp/out" 2>"$tmp/err" || code=$?
  [ $code = 1 ] && tail -n 1 "$tmp/err" | grep -Eq -- "$pattern"
  tap $? "$name" "exit $code: $(cat "$tmp/err")"
}

# An index of a later release: an entry of a kind not known here, whole, where the last one was.
index=$(find "$node/data/chunks" -name '*.idx' | sort | head -1)
cp "$index" "$tmp/index"
perl -e '
  my ($path, $id) = @ARGV;
  sub crc { my ($crc, $bytes) = @_; $crc ^= 0xffffffff;
    for (unpack "C*", $bytes) { $crc ^= $_; $crc = $crc & 1 ? ($crc >> 1) ^ 0x82f63b78 : $crc >> 1 for 1 .. 8 } $crc ^ 0xffffffff }
  open my $f, "+<:raw", $path or die; local $/; my $all = <$f>; my $at = length($all) - 64;
  my $entry = substr $all, $at, 64; substr($entry, 8, 1) = chr 9;
  substr($entry, 0, 4) = pack "V", crc(crc(0, pack("Q<2", hex $id, $at)), substr $entry, 4);
  seek $f, $at, 0; print $f $entry' "$index" "$(basename "$index" .idx)"
before=$(sums)
refused "$(basename "$index").*newer program.*kind" "an index from the future is refused, and named"
refused "newer program" "every time"
is "$(sums)" "$before" "nothing was changed"
cp "$tmp/index" "$index"

chmod 000 "$node/data/chunks/00"
refused "$node/data.*[Pp]ermission denied" "a folder that may not be read" setpriv --bounding-set=-dac_override,-dac_read_search
chmod 700 "$node/data/chunks/00"

cp "$node/data/identity" "$tmp/identity"
cp "$cluster_dir/node2/data/identity" "$node/data/identity"
refused "$node/data belongs to node" "a disk of another node"
sed 's/^cluster ..../cluster 0000/' "$tmp/identity" >"$node/data/identity"
refused "$node/data.*identity file is damaged" "a damaged identity"
rm "$node/data/identity"
refused "$node/data has no identity file: mount its disk" "no identity"
cp "$tmp/identity" "$node/data/identity"

cp "$node/node" "$tmp/node"
sed -i 's/^cluster=..../cluster=0000/' "$node/node"
refused "belongs to cluster" "a directory of another cluster"
cp "$tmp/node" "$node/node"

echo rubbish >"$node/data/scrub"
start >"$tmp/out" 2>"$tmp/err" &
datanode=$!
ok "after all that it starts" await nodes_up 2
ok "with a word about the scrub's damaged place" grep -q "$node/data/scrub is damaged.*begins anew" "$tmp/err"
role_kill node1
wait $datanode 2>/dev/null

# The metadata's file cut short, and a rubbish one.
role_kill node2
"$dfs_program" down --dir "$cluster_dir" >/dev/null 2>&1
master() { timeout 20 "$dfs_program" master --dir "$cluster_dir/master" --key "$cluster_dir/cluster.key" --listen 127.0.0.1:$port; }
cp "$cluster_dir/master/data.mdb" "$tmp/data.mdb"
truncate -s 20000 "$cluster_dir/master/data.mdb"
master >"$tmp/out" 2>"$tmp/err"
is "$?" 1 "a metadata file that was cut short is refused"
like "$(tail -n 1 "$tmp/err")" "$cluster_dir/master.*(shorter|cut|restore|backup)" "with its name and what to do"
head -c 40000 /dev/urandom >"$cluster_dir/master/data.mdb"
master >"$tmp/out" 2>"$tmp/err"
is "$?" 1 "so is one that is none"
like "$(tail -n 1 "$tmp/err")" "$cluster_dir/master" "with its name"

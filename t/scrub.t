#!/bin/bash
# Bits flip and files vanish below a running cluster: `dfs scrub` finds them, the master mends them from good copies, and
# `dfs fsck` names the files of what cannot be mended.
. "$(dirname "$0")/lib/tap.sh"
plan 34

cluster_start --nodes 3 || exit 1
head -c 4000000 /dev/urandom >"$tmp/in"
dfs mkdir /sets && dfs put --goal 3 --chunk-size 1M "$tmp/in" /sets/a && dfs put --goal 3 --chunk-size 1M "$tmp/in" /sets/b
sealed() { [ "$(dfs status --json | jq -r '.under_goal + .open_chunks' | tr -d '"')" = 00 ] && [ "$(dfs nodes --json | jq '[.nodes[].chunks | tonumber] | add')" = 24 ]; }
ok "all is there" await sealed

chunk() { dfs info "$1" --json | jq -r ".extents[$2].chunk"; }
file() { find "$cluster_dir/node$1/data/chunks" -name "$2.$3"; } # NODE CHUNK SUFFIX
flip() { # FILE OFFSET: one bit
  perl -e 'open my $f, "+<", $ARGV[0] or die; seek $f, $ARGV[1], 0; read $f, my $b, 1; seek $f, $ARGV[1], 0; print $f chr(ord($b) ^ 4)' "$1" "$2"
}
metric() { curl -sf "http://127.0.0.1:$((port + $1))/metrics" | awk -v name="$2" '$1 == name { print $2 }'; }

out=$(dfs scrub --now --wait)
tap $? "a pass over what is well ends well"
like "$out" '^1 +up +resting +7\.6 MiB +7\.6 MiB .* 0 +0 +0$' "and has checked every byte"
ok "fsck finds nothing" dfs fsck
like "$(dfs fsck)" '^8 chunks looked at, 0 faults$' "and says so"

# One of each kind of damage, each on another node or another chunk.
flip "$(file 1 "$(chunk /sets/a 0)" data)" 777777
flip "$(file 2 "$(chunk /sets/a 1)" idx)" 100
rm "$(file 3 "$(chunk /sets/a 2)" data)"
rm "$(file 1 "$(chunk /sets/b 3)" idx)"
truncate -s -1 "$(file 2 "$(chunk /sets/b 0)" data)"
dfs scrub --now --wait >"$tmp/out" 2>"$tmp/err"
tap $? "scrub --now --wait ends well: all is found and repaired" "$(cat "$tmp/out" "$tmp/err")"
is "$(dfs scrub --json | jq '[.nodes[].scrub[0].found | tonumber] | add')" 5 "five bad replicas were found"
is "$(dfs scrub --json | jq '[.nodes[].scrub[0].bad | tonumber] | add')" 0 "none is left"
is "$(metric 1 dfs_datanode_scrub_found_total)" 2 "and the metrics of a node tell of its own"
ok "fsck finds nothing" dfs fsck
is "$(find "$cluster_dir"/node*/data/bad -name '*.bad' | wc -l)" 5 "the bad ones lie aside"
for file in a b; do
  dfs get "/sets/$file" "$tmp/back" && cmp -s "$tmp/in" "$tmp/back"
  tap $? "/sets/$file is whole"
done

# A pass under way, a node that is killed: it goes on where it was.
touched=$(dfs scrub --json | jq -r '.nodes[1].scrub[0].begun')
ok "a slow pass begins" dfs scrub 2 --now --rate 1M
under_way() { [ "$(metric 2 dfs_datanode_scrub_checked_bytes)" -ge "$1" ] && [ "$(metric 2 dfs_datanode_scrub_running)" = 1 ]; }
ok "it is under way" await under_way 1000000
role_kill node2
"$dfs_program" datanode --master 127.0.0.1:$port --listen "127.0.0.1:$((port + 2))" --key "$cluster_dir/cluster.key" \
  --dir "$cluster_dir/node2" 2>>"$cluster_dir/log/node2.log" &
disown
ok "the node comes back" await nodes_up 3
resumed() { [ "$(metric 2 dfs_datanode_scrub_running)" = 1 ] && [ "$(metric 2 dfs_datanode_scrub_passes_total)" = $((touched + 1)) ]; }
ok "the pass goes on" resumed
ok "another one, now, is waited for" dfs scrub --now --wait

# All replicas of one chunk, each at another span: read as they are, and put together.
id=$(chunk /sets/b 2)
for node in 1 2 3; do flip "$(file $node "$id" data)" $((node * 200000)); done
dfs get /sets/b "$tmp/back" && cmp -s "$tmp/in" "$tmp/back"
tap $? "a reader gets each byte from where its span is whole"
dfs scrub --now --wait >"$tmp/out" 2>"$tmp/err"
tap $? "scrub --now --wait ends well: a good replica is put together, and copied" "$(cat "$tmp/out" "$tmp/err")"
ok "fsck finds nothing" dfs fsck
like "$(grep -h "$id" "$cluster_dir"/log/node*.log)" 'event=assembled chunk=' "a datanode says so"
for node in 1 2 3; do
  role_kill node$node
  "$dfs_program" datanode --master 127.0.0.1:$port --listen "127.0.0.1:$((port + node))" --key "$cluster_dir/cluster.key" \
    --dir "$cluster_dir/node$node" 2>>"$cluster_dir/log/node$node.log" &
  disown
done
ok "after a restart of all" await nodes_up 3
dfs get /sets/b "$tmp/back" && cmp -s "$tmp/in" "$tmp/back"
tap $? "the file is whole"

# All replicas of one chunk, at the same place.
id=$(chunk /sets/b 1)
for node in 1 2 3; do flip "$(file $node "$id" data)" 100000; done
fails 1 '/sets/b: bytes 1114112 to 1179647 cannot be read' "a reader is told which bytes" dfs get /sets/b "$tmp/back"
dfs scrub --now --wait >"$tmp/out" 2>"$tmp/err"
is "$?" 1 "scrub fails where nothing good is left"
out=$(dfs fsck 2>&1)
is "$?" 1 "so does fsck"
like "$out" "^/sets/b: chunk $id is lost: 0 of 3 replicas are good" "which names the file"
like "$out" 'bytes 65536 to 131071 are lost: their span is bad in all 3 replicas that are left' "and the bytes of the chunk"
like "$(dfs why "$id")" 'bytes 65536 to 131071 are lost' "so does dfs why"
is "$(dfs fsck --json | jq -r '.faults[0].paths[0].path')" /sets/b "in JSON too"
ok "the other file is well" dfs fsck /sets/a
dfs fsck --repair >/dev/null
is "$(find "$cluster_dir"/node*/data/chunks -name "$id.data" | wc -l)" 3 "nothing of it is thrown away"
ok "and the other file is read" dfs get /sets/a "$tmp/back"

#!/bin/bash
# A chain of three under one long append: nobody loses its lease on the way, and nothing is sealed early.
. "$(dirname "$0")/lib/tap.sh"
plan 5

cluster_start --nodes 3 || exit 1
openssl enc -aes-128-ctr -nosalt -pass pass:moon -in /dev/zero 2>/dev/null | head -c 900000000 >"$tmp/in"
# Leases are asked for each second: the writer is held for longer than two of them in the middle of its append.
begun() { [ "$(curl -sf "http://127.0.0.1:$((port + 1))/metrics" | awk '/^dfs_datanode_write_bytes_total/ { print int($2 / 1e6) }')" -gt 50 ]; }
"$dfs_program" put --goal 3 --chunk-size 1G "$tmp/in" /long &
put=$!
await begun && kill -STOP $put
tap $? "a put of one chunk of 900 MB at goal 3 is held in the middle"
sleep 2.5 # the time that passes is what is tested
kill -CONT $put
wait $put
tap $? "it goes on, and is stored"
is "$(dfs info --json /long | jq '.extents | length')" 1 "it is one chunk"
is "$(grep -c seal_begun "$cluster_dir/log/master.log")" 0 "the master sealed nothing"
dfs get /long - | cmp -s - "$tmp/in"
tap $? "and its bytes are all there"

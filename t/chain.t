#!/bin/bash
# A chain of three under one long append: nobody loses its lease on the way, and nothing is sealed early.
. "$(dirname "$0")/lib/tap.sh"
plan 5

cluster_start --nodes 3 || exit 1
openssl enc -aes-128-ctr -nosalt -pass pass:moon -in /dev/zero 2>/dev/null | head -c 900000000 >"$tmp/in"
begin=$EPOCHREALTIME
ok "one chunk of 900 MB at goal 3" dfs put --goal 3 --chunk-size 1G "$tmp/in" /long
tap $((${EPOCHREALTIME%.*} - ${begin%.*} < 2)) "took longer than leases are asked for"
is "$(dfs info --json /long | jq '.extents | length')" 1 "it is one chunk"
is "$(grep -c seal_begun "$cluster_dir/log/master.log")" 0 "the master sealed nothing"
dfs get /long - | cmp -s - "$tmp/in"
tap $? "and its bytes are all there"

#!/bin/bash
# Fewer live datanodes than the goal: a warning down to min_replicas, then a refusal; repaired when they are back (RULES 24).
. "$(dirname "$0")/lib/tap.sh"
plan 14

cluster_start --nodes 3 || exit 1
head -c 300000 /dev/urandom >"$tmp/in"; head -c 400000 /dev/urandom >"$tmp/in2"
same() { dfs get "$1" "$tmp/out" && cmp -s "$2" "$tmp/out"; }
replicas() { [ "$(dfs info --json "$1" | jq '[.extents[].replicas[] | select(.state == "good")] | length')" = "$2" ]; }

dfs put --goal 3 "$tmp/in" /three
role_kill node3
await nodes_up 2
dfs put --goal 3 "$tmp/in2" /two >"$tmp/stdout" 2>"$tmp/err"
is "$? $(wc -l <"$tmp/err")" "0 1" "two of three: stored, with one sentence"
like "$(cat "$tmp/err")" 'warning: only 2 of 3 .* repaired to 3 later' "which is a warning that names both numbers"
ok "its bytes are there" same /two "$tmp/in2"
is "$(dfs put --json --goal 3 "$tmp/in2" /json 2>"$tmp/err" | jq -r .warning | grep -c 'repaired to 3')" 1 "--json has it too"
role_kill node2
await nodes_up 1
fails 1 '1 of 3 datanodes can take data.*at least 2' "one of three: refused" dfs put --goal 3 "$tmp/in" /no
fails 1 '1 of 3 datanodes' "nor is a file replaced" dfs put "$tmp/in" /two
ok "which is what it was" same /two "$tmp/in2"
fails 1 '1 of 3 datanodes' "goal 2 is refused likewise" dfs put --goal 2 "$tmp/in" /no
ok "goal 1 asks for no more" dfs put --goal 1 "$tmp/in" /one
ok "what is stored can be read from the last one" same /three "$tmp/in"
fails 1 'no such' "nothing is left of what was refused" dfs stat /no

for node in 2 3; do
  "$dfs_program" datanode --master 127.0.0.1:$port --listen "127.0.0.1:$((port + node))" --key "$cluster_dir/cluster.key" \
    --dir "$cluster_dir/node$node" 2>>"$cluster_dir/log/node$node.log" &
done
await nodes_up 3
ok "when they are back the goal is reached by itself" await replicas /two 3
ok "its bytes are still there" same /two "$tmp/in2"
ok "all is well" await dfs status

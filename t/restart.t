#!/bin/bash
# Ends and beginnings: SIGTERM, dfs down, kill -9 of everything, a master that dies under way.
. "$(dirname "$0")/lib/tap.sh"
plan 15

cluster_start --nodes 2 || exit 1
head -c 30000000 /dev/urandom >"$tmp/in"
ok "a file is stored" dfs put "$tmp/in" /kept
before=$(dfs ls -l /)
ok "dfs down ends the cluster" cluster_stop
ok "no process is left" no_process "$cluster_dir"
fails 1 'no cluster runs' "a second dfs down says that none runs" dfs down --dir "$cluster_dir"
fails 1 'no master answers|is it running' "without a master a command says so" dfs ls /
ok "a second dfs up on the same directory" cluster_start
is "$(dfs ls -l /)" "$before" "brings the names back"
dfs get /kept "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "and the bytes"
fails 1 'runs on .* already' "a third dfs up beside it is refused" dfs up --dir "$cluster_dir" --detach

cluster_kill
cluster_start
dfs get /kept "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "kill -9 of everything loses nothing"

# The master dies and comes back while a writer is at work: it waits, and goes on.
{ head -c 10000000 "$tmp/in"; await test -e "$tmp/back"; tail -c +10000001 "$tmp/in"; } | dfs put --chunk-size 4M - /through 2>"$tmp/err" &
put=$!
has_session() { [ "$(dfs status --json | jq -r .sessions)" != 0 ]; }
await has_session
role_kill master
"$dfs_program" master --listen 127.0.0.1:$port --key "$cluster_dir/cluster.key" --dir "$cluster_dir/master" 2>>"$cluster_dir/log/master.log" &
await nodes_up 2
touch "$tmp/back"
wait $put
tap $? "a put goes on through a restart of the master" "$(cat "$tmp/err")"
dfs get /through "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "and its bytes are all there"

# Who comes in the second after a master's start, before the datanodes did, waits for them.
role_kill master
"$dfs_program" master --listen 127.0.0.1:$port --key "$cluster_dir/cluster.key" --dir "$cluster_dir/master" 2>>"$cluster_dir/log/master.log" &
await curl -sf "http://127.0.0.1:$port/healthz"
ok "a get right after a restart of the master" dfs get /kept "$tmp/out"
role_kill master
"$dfs_program" master --listen 127.0.0.1:$port --key "$cluster_dir/cluster.key" --dir "$cluster_dir/master" 2>>"$cluster_dir/log/master.log" &
await curl -sf "http://127.0.0.1:$port/healthz"
ok "a put right after a restart of the master" dfs put --goal 2 "$tmp/in" /after
pid=$(role_pid node1)
kill -TERM "$pid"
await test ! -d "/proc/$pid"
tap $? "SIGTERM ends a datanode"

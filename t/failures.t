#!/bin/bash
# Machines die in the middle of things: the user sees nothing but the speed.
. "$(dirname "$0")/lib/tap.sh"
plan 19

# Every node gets its turn, however full it is: the one that will die too.
cluster_start --nodes 3 --placement round_robin || exit 1
head -c 150000000 /dev/urandom >"$tmp/in"

# Bytes that a datanode has stored so far: the event to wait for is "the put is under way there".
stored() { curl -sf "http://127.0.0.1:$((port + $1))/metrics" | awk '/^dfs_datanode_write_bytes_total/ { print int($2) }'; }
more_than() { [ "$(stored "$1")" -gt "$2" ]; }
served() { curl -sf "http://127.0.0.1:$((port + $1))/metrics" | awk '/^dfs_datanode_read_bytes_total/ { print int($2) }'; }
restart_node() {
  "$dfs_program" datanode --master 127.0.0.1:$port --listen "127.0.0.1:$((port + $1))" --key "$cluster_dir/cluster.key" \
    --dir "$cluster_dir/node$1" 2>>"$cluster_dir/log/node$1.log" &
  await nodes_up 3
}

for victim in 1 2 3; do
  before=$(stored $victim)
  # A slow source, so that the death falls into the put on any machine.
  { head -c 60000000 "$tmp/in"; await test -e "$tmp/killed"; tail -c +60000001 "$tmp/in"; } |
    dfs put --goal 2 --chunk-size 4M - "/put-$victim" 2>"$tmp/err" &
  put=$!
  await more_than $victim "$before"
  ok "node$victim is killed" kill -9 "$(role_pid node$victim)"
  touch "$tmp/killed"
  wait $put
  tap $? "a put goes on when node$victim dies" "$(cat "$tmp/err")"
  dfs get "/put-$victim" "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
  tap $? "and its bytes are all there"
  rm -f "$tmp/killed"
  restart_node $victim
  tap $? "node$victim comes back"
done

dfs put --goal 2 --chunk-size 16M "$tmp/in" /get
for victim in 1 2; do
  mkfifo "$tmp/pipe"
  dfs get /get - >"$tmp/pipe" 2>"$tmp/err" &
  get=$!
  exec 7<"$tmp/pipe"
  head -c 1000000 <&7 >"$tmp/out"
  ok "node$victim is killed" kill -9 "$(role_pid node$victim)"
  cat <&7 >>"$tmp/out"
  exec 7<&-
  wait $get
  tap $? "a get goes on when node$victim dies" "$(cat "$tmp/err")"
  cmp -s "$tmp/in" "$tmp/out"
  tap $? "and its bytes are right"
  rm "$tmp/pipe"
  restart_node $victim
done
ok "after all that nothing is lost" dfs get /get "$tmp/out"

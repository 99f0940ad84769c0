#!/bin/bash
# Cables that are cut, under load, both ways and one way: each role in a network namespace of its own, joined by a bridge.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/faults.sh"

id=x$$
bridge=br$id
command -v nft >/dev/null || skip_all "nft is not here"
ip link add "$bridge" type bridge 2>/dev/null || skip_all "no network namespaces here"
trap 'ip link del "$bridge" 2>/dev/null; fault_end' EXIT
subnet=10.$((RANDOM % 200 + 20)).$((RANDOM % 250))
ip addr add "$subnet.254/24" dev "$bridge" && ip link set "$bridge" up
host_make() { # ROLE LAST_BYTE
  ip netns add "$id-$1" && fault_netns+=("$id-$1") && ip link add "v$id$2" type veth peer name eth0 netns "$id-$1" &&
    ip link set "v$id$2" master "$bridge" up && ip -n "$id-$1" addr add "$subnet.$2/24" dev eth0 &&
    ip -n "$id-$1" link set eth0 up && ip -n "$id-$1" link set lo up
}
for i in 0 1 2 3; do
  host_make "$([ $i = 0 ] && echo master || echo node$i)" $((i + 1)) || skip_all "no network namespaces here"
done
ip netns exec "$id-master" nft add table ip cut 2>/dev/null || skip_all "no nftables in a namespace here"
ip netns exec "$id-master" nft delete table ip cut
plan 18

fault_init
port=7070
sed -i "s/127.0.0.1:[0-9]*/$subnet.1:$port/" "$cluster_dir/client.lua"
ip netns exec "$id-master" "$dfs_program" master --dir "$(role_dir master)" --key "$key" --listen "$subnet.1:$port" --dead-after 4000 \
  >>"$tmp/master.log" 2>&1 &
role_pids[master]=$!
for n in 1 2 3; do
  dfs init --datanode --dir "$(role_dir node$n)" --key "$key"
  ip netns exec "$id-node$n" "$dfs_program" datanode --dir "$(role_dir node$n)" --key "$key" --master "$subnet.1:$port" \
    --listen "$subnet.$((n + 1)):$port" >>"$tmp/node$n.log" 2>&1 &
  role_pids[node$n]=$!
done
await nodes_up 3
load_start --goal 2
load_goes_on

# cut ROLE in|out|both; mend ROLE: packets vanish, as when a cable is pulled; no reset tells anybody.
cut() {
  ip netns exec "$id-$1" nft -f - <<EOF
table ip cut {
  chain in {
    type filter hook input priority 0; iif lo accept
    $([ "$2" = out ] || echo drop)
  }
  chain out {
    type filter hook output priority 0; oif lo accept
    $([ "$2" = in ] || echo drop)
  }
}
EOF
}
mend() { ip netns exec "$id-$1" nft delete table ip cut; }
node_dead() { [ "$(dfs nodes --json | jq "[.nodes[] | select(.state == \"dead\")] | length")" = 1 ]; }

for way in both in out; do
  cut node1 $way
  ok "datanode 1 is cut off ($way): it is taken for dead" await node_dead
  ok "the load goes on" load_goes_on
  mend node1
  ok "the cable is back: it is taken back" await nodes_up 3
done
deaths=$(grep -c 'event=node_state .*to=dead' "$tmp/master.log")
for way in both in; do
  cut master $way
  sleep 6
  mend master
  ok "the master was cut off ($way) for longer than dead_after: the load goes on" load_goes_on
  ok "and all are up" await nodes_up 3
done
is "$(grep -c 'event=node_state .*to=dead' "$tmp/master.log")" "$deaths" "and took no datanode for dead then"
load_goes_on
load_stop "nobody saw a wrong byte"
load_verify "every acknowledged byte is there"
ok "and the goal is reached" await goal_reached
is "$(grep -c 'event=all_silent' "$tmp/master.log")" 2 "the master found itself cut off, twice"

#!/bin/bash
# What goes in comes out, byte for byte: sizes at every edge, goals, pipes, modes, trees.
. "$(dirname "$0")/lib/tap.sh"
plan 35

cluster_start --nodes 3 || exit 1
like "$(cat "$tmp/up.out")" '^The cluster is up' "dfs up says that the cluster is up"
like "$(stat -c %a "$cluster_dir/client.lua")" '^600$' "the client file is private"

bytes() { head -c "$1" /dev/urandom >"$2"; }

for size in 0 1 4096 65535 65536 65537 1048576 20000000; do
  bytes $size "$tmp/in"
  dfs put "$tmp/in" "/size-$size" 2>"$tmp/err" && dfs get "/size-$size" "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
  tap $? "a file of $size bytes comes back" "$(cat "$tmp/err")"
done

bytes 1500000 "$tmp/in"
for goal in 1 2 3; do
  dfs put --goal $goal "$tmp/in" "/goal-$goal" && dfs get "/goal-$goal" "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
  tap $? "goal $goal comes back"
  is "$(dfs info --json "/goal-$goal" | jq '.extents[0].replicas | length')" $goal "goal $goal has $goal replicas"
done

bytes 10000000 "$tmp/in"
ok "several small chunks are written" dfs put --chunk-size 1M "$tmp/in" /chunked
is "$(dfs info --json /chunked | jq '.extents | length')" 10 "10 MB in 1M chunks are ten chunks"
ok "async is taken" dfs put --durability async "$tmp/in" /async
dfs get /async - | cmp -s - "$tmp/in"
tap $? "an async file comes back on standard output"
# shellcheck disable=SC2094
dfs put --chunk-size 1M - /piped <"$tmp/in" && dfs cat /piped | cmp -s - "$tmp/in"
tap $? "standard input and cat carry bytes through pipes"
cat "$tmp/in" | dfs put - /piped2 && dfs get /piped2 "$tmp/out" && cmp -s "$tmp/in" "$tmp/out"
tap $? "a real pipe of unknown length is stored"

bytes 30000000 "$tmp/cold"
sync -f "$tmp/cold" && dd of="$tmp/cold" oflag=nocache conv=notrunc,fdatasync count=0 status=none
dfs put --chunk-size 4M "$tmp/cold" /cold && dfs get /cold - | cmp -s - "$tmp/cold"
tap $? "a file that lies on the disk and not in memory comes back"

bytes 1000 "$tmp/mode"; chmod 751 "$tmp/mode"; touch -d '2020-02-03 04:05:06.123456789 UTC' "$tmp/mode"
dfs put "$tmp/mode" / && dfs get /mode "$tmp/mode2"
is "$(stat -c '%a %y' "$tmp/mode2")" "$(stat -c '%a %y' "$tmp/mode")" "mode and mtime are kept"

bytes 500000 "$tmp/old"; bytes 700000 "$tmp/new"
dfs put "$tmp/old" /replaced && dfs put "$tmp/new" /replaced && dfs get /replaced "$tmp/out"
ok "put replaces a file" cmp "$tmp/new" "$tmp/out"
mkdir "$tmp/here" && (cd "$tmp/here" && "$dfs_program" get /size-4096)
ok "get without a destination writes ./basename" test -s "$tmp/here/size-4096"

mkdir -p "$tmp/tree/a/b" "$tmp/tree/empty"
for i in $(seq 1 60); do bytes $((i * 37)) "$tmp/tree/a/f$i"; done
: >"$tmp/tree/a/b/zero"; bytes 3000000 "$tmp/tree/big"; ln -s a/f1 "$tmp/tree/link"
printf 'x' >"$tmp/tree/a/name with spaces"; printf 'y' >"$tmp/tree/a/ümläut%41"; printf 'z' >"$tmp/tree/a/"$'\xff\xfe'
ok "a tree is stored" dfs put -r "$tmp/tree" /tree
ok "a tree is fetched" dfs get -r /tree "$tmp/tree2"
ok "a tree comes back: names, bytes, links" diff -r --no-dereference "$tmp/tree" "$tmp/tree2"
is "$(readlink "$tmp/tree2/link")" a/f1 "a symbolic link stays one"
dfs put -r "$tmp/tree" /tree
ok "put -r into a directory that is there goes inside" dfs stat /tree/tree/big
is "$(dfs ls /tree | wc -l)" 5 "ls lists a directory"

ok "rm -r removes a tree" dfs rm -r /tree
fails 1 'no such' "what was removed is gone" dfs stat /tree
ok "status is well" dfs status

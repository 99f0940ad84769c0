#!/bin/bash
# What bad input gets: one sentence, the right exit code, and nothing changed.
. "$(dirname "$0")/lib/tap.sh"
plan 59

cluster_start --nodes 2 || exit 1
echo hello >"$tmp/file"; mkdir "$tmp/dir"; : >"$tmp/secret"
dfs put "$tmp/file" /file && dfs mkdir /dir && dfs put "$tmp/file" /dir/inner
before=$(dfs find / ; dfs stat --json /file)

fails 1 'nofile' "a missing local file" dfs put "$tmp/nofile" /x
fails 1 'directory' "a directory where a file is meant" dfs put "$tmp/dir" /x
# Without root's powers over files, where we are root.
plain() { if [ "$(id -u)" = 0 ]; then setpriv --bounding-set=-dac_override,-dac_read_search "$dfs_program" "$@"; else dfs "$@"; fi; }
chmod 000 "$tmp/secret"; mkdir "$tmp/part"; cp "$tmp/file" "$tmp/part/a"; : >"$tmp/part/b"; chmod 000 "$tmp/part/b"
fails 1 "secret.*[Pp]ermission denied" "an unreadable file" plain put "$tmp/secret" /x
fails 1 "part/b.*[Pp]ermission denied" "an unreadable file in a tree" plain put -r --goal 2 "$tmp/part" /part
is "$(dfs find /part)" "/part
/part/a" "does not keep the others out"
dfs rm -r /part
mkdir -m 555 "$tmp/readonly"
fails 1 'readonly.*[Pp]ermission denied' "a get into a directory that takes no files" plain get /file "$tmp/readonly/x"
fails 1 'No space left' "a get to a full disk" sh -c "'$dfs_program' get /file - >/dev/full"
fails 1 'No space left' "a list to a full disk" sh -c "'$dfs_program' ls / >/dev/full"
fails 1 'standard input|Bad file' "a put from a standard input that is closed" sh -c "'$dfs_program' put - /x <&-"
fails 1 'standard input|directory' "a put from a standard input that is a directory" sh -c "'$dfs_program' put - /x <'$tmp/dir'"
fails 1 'Bad file' "a get to a standard output that is closed" sh -c "'$dfs_program' get /file - >&-"
yes /file | head -n 3000 | xargs "$dfs_program" cat 2>"$tmp/err" | head -c 1 >/dev/null
is "$(grep -v signal "$tmp/err")" "" "a reader that goes away is no error to be told of"
fails 1 'no such' "a missing file of the cluster" dfs get /nofile "$tmp/x"
ok "nothing is left behind by a get that failed" test ! -e "$tmp/x"
fails 1 'directory' "get of a directory" dfs get /dir "$tmp/x"
fails 1 'no such' "put into a directory that is not there" dfs put "$tmp/file" /no/where
fails 1 'not a directory' "put below a file" dfs put "$tmp/file" /file/x
fails 1 'directory' "put over a directory by -r of a file" dfs mv /file /dir/inner/x
fails 1 'not empty|directory' "rm of a directory without -r" dfs rm /dir
fails 1 'not empty' "rmdir of one that is not empty" dfs rmdir /dir
fails 1 'exists' "mkdir of what is there" dfs mkdir /dir
fails 1 'root|permitted|/' "rm -r /" dfs rm -r /
fails 1 'itself' "mv into itself" dfs mv /dir /dir/sub
name300=$(printf 'n%.0s' $(seq 300))
fails 1 '255' "a name of 300 bytes" dfs put "$tmp/file" "/$name300"
fails 1 'control|byte' "a name with a control character" dfs mkdir "/a"$'\x01'"b"
fails 1 '\.\.' "a path with .." dfs ls /dir/../dir
fails 1 "system's own" "a reserved name" dfs mkdir /.dfs
fails 2 '12Q' "a size of 12Q" dfs put --chunk-size 12Q "$tmp/file" /x
fails 2 'size|64K' "a chunk size of 1K" dfs put --chunk-size 1K "$tmp/file" /x
fails 2 'goal' "a goal of 0" dfs put --goal 0 "$tmp/file" /x
fails 2 'goal' "a goal of ten" dfs put --goal 10 "$tmp/file" /x
fails 2 'goal|number' "a goal that is no number" dfs put --goal two "$tmp/file" /x
fails 1 'goal.*2|registered' "a goal above the datanodes" dfs put --goal 5 "$tmp/file" /x
fails 2 'durability|sync' "an unknown durability" dfs put --durability maybe "$tmp/file" /x
fails 2 'put|FILE|argument' "no argument" dfs put
fails 2 'did you mean' "an unknown verb" dfs puut "$tmp/file"
fails 2 'did you mean .get' "the nearest one is suggested" dfs gte /file
fails 2 'unknown|--golf' "an unknown flag" dfs put --golf 2 "$tmp/file"
fails 2 'value|--goal' "a flag without its value" dfs put "$tmp/file" --goal
fails 1 'no master answers.*:1' "a wrong port" dfs --master 127.0.0.1:1 ls /
fails 2 'HOST:PORT' "an address that is none" dfs --master nowhere ls /
fails 1 'token' "a wrong token" dfs --token nonsense ls /
fails 1 'token' "a forged token" dfs --token "$(sed -n 's/.*token = "\(.*\)".*/\1/p' "$DFS_CONFIG" | tr 0-9 1-90)" ls /
printf 'return {\n  master = \n}\n' >"$tmp/bad.lua"
fails 1 'bad.lua:3' "a bad config file names file and line" dfs --config "$tmp/bad.lua" ls /
printf 'return { mister = "x" }\n' >"$tmp/bad.lua"
fails 1 'bad.lua:1: .*mister' "an unknown setting" dfs --config "$tmp/bad.lua" ls /
printf 'return {\n  goal = 2,\n  dir = \n}\n' >"$tmp/bad.lua"
fails 1 'bad.lua:4' "a role's bad config file names file and line" dfs master --config "$tmp/bad.lua"
printf 'return { goal = 2, gaol = 3 }\n' >"$tmp/bad.lua"
fails 1 'bad.lua:1: .*gaol' "an unknown setting of a role" dfs master --config="$tmp/bad.lua"
fails 2 'needs a value' "a role's --config without a file" dfs master --config
fails 1 'nofile.lua' "a config file that is not there" dfs --config "$tmp/nofile.lua" ls /
fails 2 'nodes' "dfs up with no node" dfs up --dir "$tmp/other" --nodes 0
fails 2 'unknown' "dfs up with an unknown flag" dfs up --sideways
fails 1 'key' "a datanode without a key" dfs datanode --dir "$tmp/d" --key "$tmp/nokey"
mkdir -p "$tmp/empty"
fails 1 'not a datanode' "a datanode on an empty directory" dfs datanode --dir "$tmp/empty" --key "$cluster_dir/cluster.key"
fails 1 'another master' "a second master on the same directory" \
  dfs master --dir "$cluster_dir/master" --key "$cluster_dir/cluster.key" --listen 127.0.0.1:$((port + 14))
mkdir -p "$tmp/empty-master"
fails 1 'init|empty|FRESH' "a master on an empty directory" \
  dfs master --dir "$tmp/empty-master" --key "$cluster_dir/cluster.key" --listen 127.0.0.1:$((port + 14))
chmod 644 "$cluster_dir/cluster.key"
fails 1 'chmod 600' "a key that others may read" dfs master --dir "$cluster_dir/master" --key "$cluster_dir/cluster.key"
chmod 600 "$cluster_dir/cluster.key"
is "$(dfs put --goal 10 "$tmp/file" /x 2>&1 >/dev/null | wc -l)" 1 "one sentence, not two"
is "$(dfs find / ; dfs stat --json /file)" "$before" "and nothing changed"
ok "the cluster is well" dfs status

#!/bin/bash
# The doors by curl: tickets, tokens, health, metrics, calls by POST.
. "$(dirname "$0")/lib/tap.sh"
plan 36

cluster_start --nodes 2 || exit 1
head -c 200000 /dev/urandom >"$tmp/in"
dfs put --goal 2 "$tmp/in" /file && dfs put --goal 2 "$tmp/in" /other
token=$(sed -n 's/.*token = "\(.*\)".*/\1/p' "$DFS_CONFIG")
master=http://127.0.0.1:$port
status() { curl -s -o "$tmp/body" -w '%{http_code}' -H Expect: "$@"; }
auth() { status -H "Authorization: Bearer $token" "$@"; }
code() { jq -r .code "$tmp/body"; }

is "$(status $master/healthz)" 200 "a master is healthy"
is "$(status http://127.0.0.1:$((port + 1))/healthz)" 200 "a datanode is healthy"
is "$(status $master/metrics)" 200 "a master has metrics"
like "$(cat "$tmp/body")" '^dfs_master_files 2$' "they count files"
like "$(cat "$tmp/body")" '^dfs_master_commits_total [1-9]' "and commits"
is "$(status http://127.0.0.1:$((port + 1))/metrics)" 200 "a datanode has metrics"
is "$(auth -d '{"path":"/file"}' $master/v1/rpc/stat)" 200 "stat by POST"
is "$(jq -r .attr.size "$tmp/body")" 200000 "tells the size"
is "$(status -d '{"path":"/file"}' $master/v1/rpc/stat)" 401 "no token: 401"
is "$(status -H 'Authorization: Bearer nonsense' -d '{"path":"/file"}' $master/v1/rpc/stat)" 403 "a forged token: 403"
is "$(auth -d '{"path":"/nofile"}' $master/v1/rpc/stat)" 404 "a missing file: 404"
is "$(code)" NOENT "with its code"
is "$(auth -d '{"path":' $master/v1/rpc/stat)" 400 "broken JSON: 400"
is "$(auth -d '{"path":7}' $master/v1/rpc/stat)" 400 "a wrong type: 400"
like "$(cat "$tmp/body")" 'path' "that names the field"
is "$(auth -d "{\"path\":$(printf '[%.0s' $(seq 200))" $master/v1/rpc/stat)" 400 "JSON that is too deep: 400"
head -c 5000000 /dev/zero | tr '\0' ' ' >"$tmp/long"
is "$(auth --data-binary @"$tmp/long" $master/v1/rpc/stat)" 413 "JSON that is too long: 413"
is "$(auth -d '{}' $master/v1/rpc/nosuch)" 404 "an unknown call: 404"
is "$(auth -d '{"chunk":"0000000000000001","version":"1","epoch":"1"}' $master/v1/rpc/freeze)" 405 "a datanode's call: 405"
is "$(auth -H 'Origin: http://evil.example' -d '{"path":"/"}' $master/v1/rpc/stat)" 403 "a foreign Origin: 403"
is "$(auth -H 'Transfer-Encoding: chunked' -d '{"path":"/"}' $master/v1/rpc/stat)" 411 "a chunked request: 411"
is "$(auth -d '{"path":"/twice"}' "$master/v1/rpc/mkdir?client=00000000000000aa&sequence=1")" 200 "a mutation with client and sequence"
is "$(auth -d '{"path":"/twice"}' "$master/v1/rpc/mkdir?client=00000000000000aa&sequence=1")" 200 "repeated gets the same answer (RULES 17)"

locate() { auth -d "{\"path\":\"$1\"}" $master/v1/rpc/locate >/dev/null; }
locate /other; other_ticket=$(jq -r '.extents[0].ticket' "$tmp/body")
locate /file
ticket=$(jq -r '.extents[0].ticket' "$tmp/body") chunk=$(jq -r '.extents[0].chunk' "$tmp/body")
address=$(jq -r '.extents[0].replicas[0].address' "$tmp/body")
url=http://$address/v1/chunks/$chunk
is "$(status -H "Authorization: Bearer $ticket" "$url")" 200 "curl reads a chunk with a ticket"
ok "and the bytes are the file's" cmp "$tmp/body" "$tmp/in"
is "$(status -H "Authorization: Bearer $ticket" -r 70000-70999 "$url")" 206 "and a range of it"
dd if="$tmp/in" bs=1000 skip=70 count=1 2>/dev/null | cmp -s - "$tmp/body"
tap $? "with the right bytes"
is "$(status "$url")" 401 "no ticket: 401"
is "$(status -H 'Authorization: Bearer nonsense' "$url")" 403 "a forged ticket: 403"
is "$(status -H "Authorization: Bearer $other_ticket" "$url")" 403 "another chunk's ticket: 403"
is "$(status -H "Authorization: Bearer $ticket" -r 0-999999 "$url")" 403 "more than the ticket's range: 403"
is "$(status -H "Authorization: Bearer $ticket" -X POST --data-binary @"$tmp/in" "$url")" 400 "an append by a read ticket is refused"
is "$(status -H "Authorization: Bearer $ticket" -X DELETE "$url")" 405 "nobody deletes by HTTP"
ok "the cluster is well" dfs status

# A master whose tickets live for a moment. Datanodes judge by its clock.
role_kill master
"$dfs_program" master --listen 127.0.0.1:$port --key "$cluster_dir/cluster.key" --dir "$cluster_dir/master" --ticket 300 \
  2>>"$cluster_dir/log/master.log" &
await nodes_up 2
locate /file
ticket=$(jq -r '.extents[0].ticket' "$tmp/body")
expires() { [ "$(status -H "Authorization: Bearer $ticket" "$url")" = 403 ]; }
ok "an expired ticket: 403" await expires
like "$(jq -r .message "$tmp/body")" 'expired' "that says so"

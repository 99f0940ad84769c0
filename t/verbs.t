#!/bin/bash
# Every verb explains itself, stands in docs/contracts.md, and prints the JSON that docs/json.md promises.
. "$(dirname "$0")/lib/tap.sh"

verbs=$(dfs help | awk '/^[a-z]+:$/ { next } /^  [a-z]/ { print $1 }')
# "### dfs put, get" names two verbs, "### dfs trash ls" one.
json_verbs=$(sed -n 's/^### dfs //p' docs/json.md | sed 's/\([a-z]\) .*/\1/' | tr -d ',' | sort -u)
plan $(($(echo "$verbs" | wc -w) + 3 + 12))

for verb in $verbs; do
  out=$(dfs "$verb" --help 2>"$tmp/err") && [ ! -s "$tmp/err" ] && printf '%s\n' "$out" | grep -q '^usage: dfs '
  tap $? "dfs $verb --help" "$out"
done
section=$(sed -n '/^## Verbs$/,/^## Exit/p' docs/contracts.md)
is "$(for verb in $verbs; do echo "$section" | grep -q "\`$verb\`" || echo "$verb"; done)" "" "every verb stands in docs/contracts.md"
is "$(echo "$section" | sed '/^Still to come/,$d' | grep -o '`[a-z]*`' | tr -d '`' | while read -r verb; do
  echo "$verbs" | grep -qx "$verb" || echo "$verb"
done)" "" "every verb that docs/contracts.md calls here is here"
is "$(for verb in $json_verbs; do dfs "$verb" --help | grep -q -- --json || echo "$verb"; done)" "" "every verb of docs/json.md has --json"

cluster_start --nodes 2 || exit 1
head -c 200000 /dev/urandom >"$tmp/in"
dfs put --goal 2 "$tmp/in" /file && dfs mkdir /dir
# The fields of a verb in docs/json.md: `name` for each that must be there, `name?` for each that may.
fields() {
  sed -n "/^### dfs .*\\b$1\\b/,/^##/p" docs/json.md | sed -n 's/^| `\([a-z_]*\)` | \([^|]*\) |.*/\1 \2/p' |
    sed 's/ .*\(optional\|default\).*/?/; s/ .*//'
}
promised() { # VERB ARGUMENTS...
  local got missing unknown verb=$1
  got=$(dfs "$@" --json | head -n 1 | jq -r 'keys[]') || { tap 1 "dfs $* --json" "no JSON"; return; }
  missing=$(fields "$verb" | grep -v '?' | grep -vxF "$got" || true)
  unknown=$(echo "$got" | grep -vxF "$(fields "$verb" | tr -d '?')" | grep -vx troubles || true)
  is "$missing$unknown" "" "dfs $* --json prints what docs/json.md promises"
}
promised ls /
promised stat /file
promised find /file
promised info /file
promised du /
promised df
promised nodes
promised status
promised version
promised put "$tmp/in" /again
promised get /file "$tmp/out"
ok "the cluster is well" dfs status

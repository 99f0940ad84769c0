#!/bin/bash
# meson install gives a working system below a prefix: program, scripts, library, header; and it may be moved.
. "$(dirname "$0")/lib/tap.sh"
plan 9

ok "meson install" env DESTDIR="$tmp/dest" meson install -C "$build" --no-rebuild --quiet
prefix=$(find "$tmp/dest" -type d -path '*/share/dfs/scripts' | sed 's#/share/dfs/scripts##')
ok "the program is there" test -x "$prefix/bin/dfs"
mv "$prefix" "$tmp/moved"
dfs_program=$tmp/moved/bin/dfs
like "$(dfs help)" 'put' "the installed program finds its scripts"
cluster_start --nodes 1 2>/dev/null || exit 1
echo hello >"$tmp/in"
ok "it runs a cluster" dfs put "$tmp/in" /in
is "$(dfs cat /in)" hello "and reads back"

library=$(find "$tmp/moved" -name libdfs.a)
ok "the library is there" test -n "$library"
pc=$(find "$tmp/moved" -name dfs.pc)
flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --static --libs dfs | tr ' ' '\n' | grep -v '^-L/usr/local' | tr '\n' ' ')
# A library made by a sanitizing build needs its runtime.
nm "$library" 2>/dev/null | grep -q '__asan_init' && flags="$flags -fsanitize=address,undefined"
nm "$library" 2>/dev/null | grep -q '__tsan_init' && flags="$flags -fsanitize=thread"
# shellcheck disable=SC2086
ok "the example compiles against what was installed" \
  cc -o "$tmp/embed" examples/embed/embed.c -I"$tmp/moved/include" -L"$(dirname "$library")" $flags
out=$("$tmp/embed" 2>&1)
tap $? "and runs" "$out"
like "$out" 'splash' "and prints what it stored"

# Debian packages, and how they get onto this machine. Sourced by ./quickstart and t/run.

build_packages="gcc meson ninja-build pkg-config lua5.4 liblua5.4-dev libwebsockets-dev libssl-dev libcjson-dev libarchive-dev
  liblmdb-dev libisal-dev libxxhash-dev uthash-dev libcmocka-dev libc6-dev"
test_packages="git openssl clang llvm libclang-rt-14-dev lua-check clang-format perl curl jq valgrind procps psmisc e2fsprogs util-linux iproute2 nftables"

# The ones of "$@" that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages NAME...: says what it does; nothing where nothing is missing.
install_packages() {
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  echo "# installing: $missing"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "These packages are missing, and installing them needs root or sudo: $missing" >&2
    return 1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || return 1
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
    echo "apt-get could not install: $missing" >&2
    return 1
  }
}

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# provision.sh [build|demo|test|matrix|field|field_all|kernels]...
#
# Installs what a bare Debian machine (12 or newer, with Node, npm and apt) lacks for that; `build` is always included.
# Asks apt only when something is missing, starts no service, and reinstalls node_modules only when the lock changed.
# Exits 3 when only packages are missing that it may not install; the message names them.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
mkdir -p .cache
log=.cache/provision.log

missing=()
lacking=0
needs_command() { command -v "$1" >/dev/null || missing+=("$2"); }
needs_file() { [[ -e $1 ]] || missing+=("$2"); }

for_build() {
  command -v clang-19 >/dev/null || command -v clang >/dev/null || missing+=('clang-19|clang')
  needs_command gcc gcc
  needs_command g++ g++
  needs_command make make
  needs_command python3 python3 # node-gyp is written in it
  needs_file "/usr/include/$(uname -m)-linux-gnu/asm/types.h" linux-libc-dev
  # Node's own headers come with every distribution of it but Debian's.
  local prefix
  prefix=$(node -p 'path.dirname(path.dirname(process.execPath))')
  if dpkg -S "$prefix/bin/node" 2>/dev/null | grep -q '^nodejs:'; then
    needs_file "$prefix/include/node/node_api.h" libnode-dev
  fi
}

for_demo() {
  needs_command nginx nginx-light
  needs_command h2load nghttp2-client
  needs_command wrk wrk
}

for_rust() {
  command -v cargo >/dev/null || return 0
  needs_command pkg-config pkg-config
  needs_file /usr/include/openssl/ssl.h libssl-dev
}

for_test() {
  for_demo
  for_rust
  needs_command bpftool bpftool
  needs_command readelf binutils
  needs_command openssl openssl
}

for_matrix() {
  needs_command openssl openssl
  needs_command curl curl
  needs_command nginx nginx-light
  needs_command nghttpd nghttp2-server
  needs_command nghttp nghttp2-client
  needs_command apache2 apache2
  needs_command mcs mono-mcs
  needs_command ruby ruby
  needs_command puma puma
  needs_file /usr/share/doc/ruby-webrick ruby-webrick
  compgen -G '/usr/sbin/php-fpm*' >/dev/null || missing+=(php-fpm)
  compgen -G '/usr/lib/php/*/curl.so' >/dev/null || missing+=(php-curl)
  /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  /usr/bin/python3 -c 'import grpc' 2>/dev/null || missing+=(python3-grpcio)
  needs_command javac 'openjdk-17-jdk-headless|default-jdk-headless'
  needs_command mvn maven
  # The sources of the rows need a newer Go and Rust than Debian has: those rows run where somebody has put them.
  for_rust
}

# The rows of test/field that `npm test` runs.
for_field() {
  needs_command nginx nginx-light
  /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
}

# All of its rows that Debian has packages for.
for_field_all() {
  for_field
  needs_command apache2 apache2
  needs_command haproxy haproxy
  needs_command varnishd varnish
  needs_command lighttpd lighttpd
  needs_command caddy caddy
  needs_command nghttpx nghttp2-proxy
  needs_command puma puma
  needs_command unicorn unicorn
  needs_command thin thin
  needs_command ab apache2-utils
  needs_command hey hey
  needs_command siege siege
  needs_command wrk wrk
  needs_command curl curl
  /usr/bin/python3 -c 'import twisted.web' 2>/dev/null || missing+=(python3-twisted)
}

for_kernels() {
  needs_command qemu-system-x86_64 qemu-system-x86
  needs_command busybox busybox-static
  needs_command cpio cpio
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# Debian's packages start their services when they are installed, unless this file says no (policy-rc.d, Debian policy 9.3).
forbid_services() {
  [[ -e /usr/sbin/policy-rc.d ]] && return
  printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
  as_root chmod 755 /usr/sbin/policy-rc.d
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

# The first of `a|b` that apt has.
choose() {
  local candidate
  for candidate in ${1//|/ }; do
    apt-cache show "$candidate" >/dev/null 2>&1 && break
  done
  echo "$candidate"
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >>"$log" 2>&1 && return
  tail -n 30 "$log" >&2
  echo "provision: apt-get $* failed (whole log: $log)" >&2
  exit 1
}

install_packages() {
  ((${#missing[@]})) || return 0
  local wanted
  wanted=$(printf '%s\n' "${missing[@]}" | sort -u | tr '\n' ' ')
  if ! command -v apt-get >/dev/null || { ((EUID)) && ! sudo -n true 2>/dev/null; }; then
    echo "provision: missing here: $wanted" >&2
    echo 'Install them by hand, or run this as root (or with passwordless sudo) on Debian.' >&2
    lacking=3
    return
  fi
  : >"$log"
  echo "  apt         update"
  apt_get update
  local packages=() package
  for package in $wanted; do packages+=("$(choose "$package")"); done
  echo "  apt         install ${packages[*]}"
  forbid_services
  apt_get install --no-install-recommends "${packages[@]}"
  # Installed by us for tests, which run them themselves: they must not come up with the machine.
  command -v systemctl >/dev/null || return 0
  for package in "${packages[@]}"; do
    case $package in
      nginx-light) as_root systemctl disable nginx ;;
      apache2) as_root systemctl disable apache2 ;;
      haproxy | varnish | lighttpd | caddy | unicorn | thin) as_root systemctl disable "$package" ;;
      php-fpm) as_root systemctl disable "$(basename "$(compgen -G '/usr/sbin/php-fpm*' | tail -n 1)" | sed -E 's/php-fpm(.*)/php\1-fpm/')" ;;
    esac >>"$log" 2>&1 || true
  done
}

npm_install() {
  npm "$@" --ignore-scripts --no-audit --no-fund >.cache/npm.log 2>&1
}

install_modules() {
  local stamp=node_modules/.beyla-lock lock
  lock=$(sha256sum package-lock.json 2>/dev/null || sha256sum package.json)
  [[ -f $stamp && $(<"$stamp") == "$lock" ]] && return
  # npm's own record is as new as the lock: somebody else installed it already.
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
    echo '  npm         install'
    # `npm ci` refuses a lock that was made where the registry lacked optional packages of other platforms.
    npm_install ci || npm_install install --no-save || {
      tail -n 30 .cache/npm.log >&2
      echo 'provision: npm install failed (whole log: .cache/npm.log)' >&2
      exit 1
    }
  fi
  echo "$lock" >"$stamp"
}

for_build
for what in "$@"; do
  case $what in
    build) ;;
    demo | test | matrix | field | field_all | kernels) "for_$what" ;;
    *)
      echo "usage: provision.sh [build|demo|test|matrix|field|field_all|kernels]..." >&2
      exit 2
      ;;
  esac
done
install_packages
install_modules
exit "$lacking"

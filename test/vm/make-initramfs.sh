#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make-initramfs.sh FILE [COMMAND]: writes an uncompressed initramfs with busybox, this machine's node and the built repository at /repo.
# /etc/cert.pem and /etc/key.pem are a certificate that signs itself. The guest runs test/vm/guest/main.mjs, or COMMAND (a shell line) in /repo. No kernel module is in it.
set -euo pipefail

out=$(realpath -m "${1:?usage: make-initramfs.sh FILE [COMMAND]}")
command=${2-}
repo=$(realpath "$(dirname "$0")/../..")
busybox=$(command -v busybox)
node=$(node -p process.execPath)

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,root,etc,usr/bin,repo}

# Copies every shared library a binary needs to the path its loader looks at.
copy_libraries() {
  { ldd "$1" 2>/dev/null || true; } | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' | while read -r library; do
    [[ -e $root$library ]] || install -D -m 755 "$library" "$root$library"
  done
}

install -m 755 "$busybox" "$root/bin/busybox"
install -m 755 "$node" "$root/usr/bin/node"
install -m 755 "$repo/test/vm/guest/init" "$root/init"
copy_libraries "$busybox"
copy_libraries "$node"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=guest \
  -keyout "$root/etc/key.pem" -out "$root/etc/cert.pem" 2>/dev/null
[[ -z $command ]] || printf '%s\n' "$command" >"$root/guest-command"

# What is needed at run time and nothing else: built packages, the addon, BPF objects, production dependencies, the guest's scripts.
cd "$repo"
{
  echo package.json
  find packages/*/package.json packages/*/dist packages/*/bpf native/package.json native/*.cjs native/prebuilds native/build/Release \
    -name deps -prune -o \( -name '*.js' -o -name '*.cjs' -o -name '*.json' -o -name '*.node' -o -name '*.bpf.o' \) -print 2>/dev/null || true
  find test/vm/guest -type f
  find node_modules/@beyla -type l
  npm ls --all --omit=dev --parseable --workspace packages/core 2>/dev/null | sed -n "s|^$repo/\(node_modules/.*\)|\1|p" | while read -r package; do
    [[ -L $package ]] || find "$package" -type f ! -name '*.map' ! -name '*.d.ts' ! -name '*.md'
  done
} | sort -u | cpio --quiet -p -d "$root/repo"
find "$root/repo" -name '*.node' | while read -r addon; do copy_libraries "$addon"; done

mkdir -p "$(dirname "$out")"
cd "$root"
find . -print0 | cpio --null --quiet -o -H newc -R 0:0 >"$out"

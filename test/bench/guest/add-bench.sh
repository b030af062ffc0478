#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# add-bench.sh INITRAMFS: appends what the bench needs beyond the guest of the kernel tests, as a second archive.
set -euo pipefail

out=$(realpath "${1:?usage: add-bench.sh INITRAMFS}")
repo=$(realpath "$(dirname "$0")/../../..")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/usr/bin" "$root/repo"

wrk=$(command -v wrk)
install -m 755 "$wrk" "$root/usr/bin/wrk"
ldd "$wrk" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' | while read -r library; do
  install -D -m 755 "$library" "$root$library"
done

cd "$repo"
{
  find test/bench test/support -type f
  npm ls --all --omit=dev --parseable --workspace packages/exporters 2>/dev/null | sed -n "s|^$repo/\(node_modules/.*\)|\1|p" | while read -r package; do
    [[ -L $package ]] || find "$package" -type f \( -name '*.js' -o -name '*.cjs' -o -name '*.json' \)
  done
} | sort -u | cpio --quiet -p -d "$root/repo"
cd "$root"
find . -print0 | cpio --null --quiet -o -H newc -R 0:0 >>"$out"

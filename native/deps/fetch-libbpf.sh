#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts the pinned libbpf source into native/deps/src/libbpf. Does nothing when it is there already.
# The archive comes from the Debian mirror that this machine's apt is configured with; its checksum is below.
set -euo pipefail

VERSION=1.5.0
ARCHIVE=libbpf_${VERSION}.orig.tar.gz
SHA256=53492aff6dd47e4da04ef5e672d753b9743848bdb38e9d90eafbe190b7983c44
POOL=pool/main/libb/libbpf

deps=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$deps/../.." && pwd)/.cache
target=$deps/src/libbpf
stamp=$target/.sha256

[[ -f $stamp && $(<"$stamp") == "$SHA256" ]] && exit 0

verified() { [[ -f $1 ]] && echo "$SHA256  $1" | sha256sum --check --status; }

# Every repository of the machine's apt that serves a Debian release, each once, in apt's order.
mirrors() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 !~ /security/ && !seen[$1]++ { sub(/\/$/, "", $1); print $1 }'
}

mkdir -p "$cache" "$deps/src"
archive=$cache/$ARCHIVE
if ! verified "$archive"; then
  while read -r mirror; do
    echo "libbpf $VERSION: fetching with apt's downloader"
    /usr/lib/apt/apt-helper download-file "$mirror/$POOL/$ARCHIVE" "$archive.part" "SHA256:$SHA256" \
      >"$cache/fetch-libbpf.log" 2>&1 && mv "$archive.part" "$archive" && break
  done < <(mirrors)
fi
if ! verified "$archive"; then
  echo "libbpf $VERSION could not be fetched (see $cache/fetch-libbpf.log)." >&2
  echo "Put $ARCHIVE with SHA-256 $SHA256 into $cache and try again." >&2
  exit 1
fi

fresh=$(mktemp -d "$deps/src/.unpack.XXXXXX")
trap 'rm -rf "$fresh"' EXIT
tar -xzf "$archive" -C "$fresh" --strip-components=1
# `#include <bpf/bpf_helpers.h>` is how everybody spells these headers.
mkdir "$fresh/headers"
ln -s ../src "$fresh/headers/bpf"
echo "$SHA256" >"$fresh/.sha256"
rm -rf "$target"
mv "$fresh" "$target"

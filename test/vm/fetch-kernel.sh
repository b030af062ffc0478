#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fetch-kernel.sh SERIES: prints the path of the newest Debian cloud kernel of that series, e.g. 5.10, fetching it if the cache lacks it.
#
# apt does the fetching and checks the signatures, with lists, cache and sources of its own: the machine's apt state is only read,
# to learn where its mirror is. Nothing is installed; the image is unpacked from the package.
set -euo pipefail

series=${1:?usage: fetch-kernel.sh SERIES}
cache=$(realpath -m "$(dirname "$0")/../../.cache/kernels")
image=$cache/$series/vmlinuz

if [[ -s $image ]]; then
  echo "$image"
  exit
fi

# Most likely suite first; the first that has the series wins.
case $series in
  5.10) suites='bullseye-security bullseye' ;;
  6.1) suites='bookworm-security bookworm' ;;
  6.12) suites='bookworm-security bookworm-backports trixie-security trixie' ;;
  *) echo "fetch-kernel: no Debian suite is known for kernel $series; known: 5.10 6.1 6.12" >&2; exit 2 ;;
esac

for tool in apt-get apt-cache dpkg-deb; do
  command -v "$tool" >/dev/null || { echo "fetch-kernel: $tool is missing; put a vmlinuz of kernel $series at $image by hand" >&2; exit 2; }
done

mkdir -p "$cache"
state=$(mktemp -d "$cache/apt.XXXXXX")
trap 'rm -rf "$state"' EXIT
mkdir -p "$state"/{lists,cache/archives,none}/partial
: >"$state/status"

# #clear: the hooks of the machine's configuration would talk to desktop services or empty its caches.
cat >"$state/apt.conf" <<CONF
#clear APT::Update;
#clear DPkg;
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/none";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$state/none";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
// A retired suite is no longer signed anew; its signature is still checked.
Acquire::Check-Valid-Until "false";
APT::Sandbox::User "root";
CONF

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
options='[arch=amd64]'
[[ -e $keyring ]] && options="[arch=amd64 signed-by=$keyring]"

# Repositories of the machine as apt itself reads them (either source format), as "URI SUITE" lines.
repositories() {
  apt-get update --print-uris -o Dir::State::lists="$state/none" 2>/dev/null |
    sed -n "s|^'\(.*\)/dists/\(.*\)/InRelease'.*|\1 \2|p"
}
all=$(repositories)
security=$(awk '$2 ~ /-security$|\/updates$/ { print $1 }' <<<"$all" | sort -u)
archive=$(awk '$2 ~ /^(bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)(-updates|-backports)?$/ { print $1 }' <<<"$all" | sort -u)

newest_package() {
  apt-cache -c "$state/apt.conf" pkgnames linux-image- |
    grep -E "^linux-image-${series//./\\.}\.[0-9].*-cloud-amd64$" | sort -V | tail -1
}

for suite in $suites; do
  uris=$archive
  [[ $suite == *-security ]] && uris=$security
  : >"$state/sources.list"
  for uri in $uris; do echo "deb $options $uri $suite main" >>"$state/sources.list"; done
  [[ -s $state/sources.list ]] || continue
  # One of several mirrors may lack the suite: what counts is whether the package is found.
  apt-get -c "$state/apt.conf" -qq update >"$state/update.log" 2>&1 || true
  package=$(newest_package || true)
  [[ -n $package ]] || continue
  (cd "$state" && apt-get -c "$state/apt.conf" -qq download "$package" >&2)
  deb=$(ls "$state"/*.deb)
  mkdir -p "$cache/$series"
  dpkg-deb -f "$deb" Package Version >"$cache/$series/package"
  dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './boot/vmlinuz-*' >"$image.partial"
  mv "$image.partial" "$image"
  echo "fetched $package from $suite" >&2
  echo "$image"
  exit
done

echo "fetch-kernel: none of [$suites] at this machine's mirrors has kernel $series:" >&2
tail -3 "$state/update.log" >&2 || echo 'no Debian archive is configured in apt' >&2
exit 1

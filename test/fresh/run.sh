#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npm run test:fresh [-- bookworm|trixie] [-- demo|test]...
#
# Proves the README's two commands on a bare Debian: a minimal root made by debootstrap, with this machine's Node and npm, and the committed
# state of the repository. It runs `npm run demo` and `npm test` in it, strictly, under the kernel of this machine and in mount and PID
# namespaces of their own, and prints which packages that brought in. Needs root. The bare root is kept in .cache/fresh; what is run in is a
# copy, which stays there for a look after a failure.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
suite=bookworm
commands=()
for argument; do
  case $argument in
    --) ;;
    bookworm | trixie) suite=$argument ;;
    demo | test) commands+=("$argument") ;;
    *) echo 'usage: run.sh [bookworm|trixie] [demo|test]...' >&2; exit 2 ;;
  esac
done
((${#commands[@]})) || commands=(demo test)
((EUID == 0)) || { echo 'test:fresh makes a root of its own: run it as root' >&2; exit 2; }
for tool in debootstrap git unshare; do
  command -v "$tool" >/dev/null || { echo "test:fresh needs $tool: apt-get install debootstrap git util-linux" >&2; exit 2; }
done

cache=$repo/.cache/fresh
base=$cache/$suite.tar
root=$cache/$suite
checkout=/root/beyla-for-node
mkdir -p "$cache"
chmod 700 "$cache"

say() { printf '%5d s  %s\n' "$SECONDS" "$*"; }

# Repositories of the machine's apt, as "URI SUITE" lines.
repositories() {
  apt-get update --print-uris -o Dir::State::lists=/nonexistent 2>/dev/null |
    sed -n "s|^'\(.*\)/dists/\(.*\)/InRelease'.*|\1 \2|p"
}

make_base() {
  local all archive security scratch=$cache/debootstrap.$suite
  all=$(repositories)
  archive=$(awk '$2 ~ /^(bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)$/ { print $1; exit }' <<<"$all")
  security=$(awk '$2 ~ /-security$/ { print $1; exit }' <<<"$all")
  [[ -n $archive ]] || { echo 'test:fresh: no Debian archive is configured in apt' >&2; exit 1; }
  rm -rf "$scratch"
  if ! debootstrap --variant=minbase "$suite" "$scratch" "$archive" >"$cache/debootstrap.log" 2>&1; then
    tail -n 20 "$cache/debootstrap.log" >&2
    exit 1
  fi
  {
    echo "deb $archive $suite main"
    echo "deb $archive $suite-updates main"
    [[ -z $security ]] || echo "deb $security $suite-security main"
  } >"$scratch/etc/apt/sources.list"
  # How this machine reaches its mirror, and how old the mirror's signatures may be.
  apt-config dump | grep -E '^Acquire::(Check-|https?::)' >"$scratch/etc/apt/apt.conf.d/99machine" || true
  rm -rf "$scratch"/var/lib/apt/lists/* "$scratch"/var/cache/apt/archives/*.deb
  tar -C "$scratch" -cf "$base.partial" .
  mv "$base.partial" "$base"
  rm -rf "$scratch"
}

# To /usr/local, where Node's own archives are unpacked, too.
put_node() {
  local prefix
  prefix=$(node -p 'path.dirname(path.dirname(fs.realpathSync(process.execPath)))')
  mkdir -p "$root"/usr/local/{bin,lib/node_modules,include}
  cp "$(realpath "$(command -v node)")" "$root/usr/local/bin/node"
  cp -r "$(npm root --global 2>/dev/null)/npm" "$root/usr/local/lib/node_modules/npm"
  [[ ! -d $prefix/include/node ]] || cp -r "$prefix/include/node" "$root/usr/local/include/node"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
}

# The environment inside: nothing of this machine but its way to the network.
environment=(HOME=/root TERM=dumb npm_config_update_notifier=false "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
put_network() {
  local name authority
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  environment+=("npm_config_registry=$(npm config get registry 2>/dev/null)")
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!name-} ]] || environment+=("$name=${!name}")
  done
  authority=$(npm config get cafile 2>/dev/null)
  if [[ -f $authority ]]; then
    cp -L "$authority" "$root/usr/local/share/machine-ca.crt"
    environment+=(npm_config_cafile=/usr/local/share/machine-ca.crt)
  fi
}

# inside COMMAND: runs a shell line in the checkout. Whatever it leaves behind is ended with its PID namespace, and named.
inside() {
  unshare --mount --pid --fork --kill-child --propagation private -- bash -c '
    set -e
    root=$1 checkout=$2 command=$3
    shift 3
    mount --rbind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    status=0
    chroot "$root" /usr/bin/env -i "$@" /bin/bash -c "cd $checkout && $command" </dev/null || status=$?
    for file in "$root"/proc/[0-9]*/comm; do
      pid=${file%/comm} pid=${pid##*/}
      ((pid == $$)) || left+=" $(<"$file")($pid)"
    done
    [[ -z $left ]] || { echo "left running:$left"; status=1; }
    exit $status
  ' fresh "$root" "$checkout" "$1" "${environment[@]}" &
  # unshare itself takes no notice of SIGTERM while it waits.
  trap "kill -KILL $!" EXIT
  local status=0
  wait $! || status=$?
  trap - EXIT
  return "$status"
}

packages() { chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' | sort; }

if [[ ! -s $base ]]; then
  make_base
  say "made a bare $suite"
fi
rm -rf "$root"
mkdir "$root"
tar -C "$root" -xf "$base"
put_node
put_network
git -c advice.detachedHead=false clone --quiet --depth 1 "file://$repo" "$root$checkout"
packages >"$cache/before"
say "$suite with $(wc -l <"$cache/before") packages, Node $(chroot "$root" node --version), $(git -C "$root$checkout" log -1 --format='%h %s')"

failed=0
for command in "${commands[@]}"; do
  case $command in
    demo) line='npm run demo -- --seconds 5 --once' ;;
    test) line='BEYLA_STRICT=1 npm test' ;;
  esac
  say "$line"
  if inside "$line"; then say "$command passed"; else failed=1; say "$command FAILED"; fi
done
packages >"$cache/after"
added=$(comm -13 "$cache/before" "$cache/after" | cut -d ' ' -f 1 | tr '\n' ' ')
say "installed $(wc -w <<<"$added") packages: $added"
exit "$failed"

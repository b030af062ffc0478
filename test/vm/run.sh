#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npm run test:kernels [-- 5.10 6.1 6.12] [--update] [-- guest command]
#
# Boots Debian's cloud kernels under QEMU's emulator, one after another, with an initramfs made here. On each, every BPF object must load
# or be refused for its written reason, and every source must report an HTTP/1 run, plain and over TLS, exactly. Needs no root and no /dev/kvm once the
# tools are there. With a guest command the kernels run that shell line in /repo instead, and print its output.
#   --update              rewrite verified-instructions.json from this run
#   BEYLA_SKIP_BUILD=1    what this needs is installed and built
set -euo pipefail
here=$(realpath "$(dirname "$0")")
repo=$(realpath "$here/../..")
limit_seconds=600

kernels=()
update=()
command=
while (($#)); do
  case $1 in
    --) shift; command="$*"; break ;;
    --update) update=(--update) ;;
    [0-9]*) kernels+=("$1") ;;
    *) echo "usage: run.sh [5.10 6.1 6.12] [--update] [-- guest command]" >&2; exit 2 ;;
  esac
  shift
done
((${#kernels[@]})) || kernels=(5.10 6.1 6.12)

if [[ -z ${BEYLA_SKIP_BUILD-} ]]; then
  bash "$repo/scripts/provision.sh" kernels
  node "$repo/scripts/build.mjs"
fi

work=$repo/.cache/vm
mkdir -p "$work"
initramfs=$(mktemp "$work/initramfs.XXXXXX")
trap 'rm -f "$initramfs"' EXIT
"$here/make-initramfs.sh" "$initramfs" "$command"

# Console to the first serial port, results to the second. Ends when the guest powers off, panics (no reboot) or the limit is over.
boot() {
  timeout --kill-after=5 "$limit_seconds" qemu-system-x86_64 \
    -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
    -nodefaults -no-reboot -display none -monitor none \
    -serial "$2" -serial "file:$3" \
    -kernel "$1" -initrd "$initramfs" \
    -append 'console=ttyS0 loglevel=5 panic=-1 oops=panic' </dev/null
}

failed=0
for kernel in "${kernels[@]}"; do
  image=$("$here/fetch-kernel.sh" "$kernel")
  result=$work/$kernel.jsonl
  : >"$result"
  started=$SECONDS
  if [[ -n $command ]]; then
    echo "--- kernel $kernel"
    boot "$image" stdio "$result" | tr -d '\r' || failed=1
    grep -q '"type":"exit","code":0' "$result" || failed=1
  else
    status=0
    boot "$image" "file:$work/$kernel.console" "$result" || status=$?
    echo "kernel $kernel ran for $((SECONDS - started)) s"
    if ((status)) || ! grep -q '"type":"exit","code":0' "$result" || grep -qE 'Kernel panic|Oops|BUG:|WARNING: CPU' "$work/$kernel.console"; then
      failed=1
      ((status != 124 && status != 137)) || echo "kernel $kernel: ended after the limit of $limit_seconds s"
      echo "kernel $kernel: the guest failed; the end of its console:"
      tail -40 "$work/$kernel.console" | tr -d '\r'
    fi
  fi
done

if [[ -z $command ]]; then
  node "$here/report.mjs" "${update[@]}" "${kernels[@]}" || failed=1
fi
exit "$failed"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# npm test [-- vitest arguments]
#
# Every check there is, one after another, a line with its seconds for each. The output of a check is kept in .cache/test/ and shown when it
# fails. A suite that cannot run here is named with its cause. Arguments go to vitest, and then the suites that are no vitest are left alone.
# The last line is the sum over everything: `N passed, N failed, N skipped`.
#   BEYLA_STRICT=1   a suite that cannot run is a failure, unless its cause begins with `optional: `: it needs what Debian does not have
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly logs=.cache/test shown_lines=400 fuzz_cases=800000
# These always run, beside a seed that is new each time; the first one once found a request without a method.
readonly fuzz_seeds=(975797106 1 20261129) fuzz_seed_cases=70000
readonly closing='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'
strict=${BEYLA_STRICT-}
passed=0 failed=0 skipped=0
rm -rf "$logs"
mkdir -p "$logs"

finish() {
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  exit $((failed > 0))
}

# run NAME COMMAND...: sets `log`, `status` and `result`, what is to be said at the end of the line.
run() {
  local began=$SECONDS
  log=$logs/${1//[^a-z0-9]/-}.log
  printf '%-26s' "$1"
  "${@:2}" >"$log" 2>&1 </dev/null
  status=$?
  printf '%4d s  ' $((SECONDS - began))
}

show_log() {
  echo "FAILED (status $status; whole output: $log)"
  grep -vE "$closing" "$log" | tail -n "$shown_lines" | sed 's/^/  | /'
}

# Without what it makes, nothing after it means anything.
need() {
  run "$@"
  if ((status)); then
    failed=$((failed + 1))
    show_log
    finish
  fi
  echo done
}

# check NAME COMMAND...: one thing that holds or not.
check() {
  run "$@"
  if ((status)); then
    failed=$((failed + 1))
    show_log
  else
    passed=$((passed + 1))
    echo passed
  fi
}

# suite NAME COMMAND...: a runner that says itself how much passed. One that ends badly, or without saying it, has failed.
suite() {
  run "$@"
  local line counts=(0 0 0)
  if line=$(grep -E "$closing" "$log" | tail -n 1) && [[ $line =~ $closing ]]; then
    counts=("${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]:-0}")
  fi
  if ((counts[1] == 0 && (status || counts[0] + counts[2] == 0))); then counts[1]=1; fi
  if [[ $strict == 1 ]]; then
    local required
    required=$(sed -nE '/^skipped  .* \([0-9]+\): optional: /d; s/^skipped  .* \(([0-9]+)\): .*/\1/p' "$log" | paste -sd + -)
    counts=("${counts[0]}" $((counts[1] + (${required:-0}))) $((counts[2] - (${required:-0}))))
  fi
  passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
  if ((counts[1])); then show_log; else echo "passed: ${counts[0]}, left out: ${counts[2]}"; fi
  sed -n 's/^skipped  /  left out: /p' "$log"
}

# left_out NAME CAUSE
left_out() {
  printf '%-26sleft out: %s\n' "$1" "$2"
  if [[ $strict == 1 ]]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
}

# lacks build|test|matrix|field|kernels: whether its tools are neither here nor to be had; then `cause` names them.
lacks() {
  cause=$(bash scripts/provision.sh "$1" 2>&1 >/dev/null)
  (($? == 3)) && cause=$(sed -n 's/^provision: missing here: /needs /p' <<<"$cause")
}

types() {
  local project bad=0
  for project in test tsconfig.test.json native/test; do
    node node_modules/typescript/bin/tsc -p "$project" || bad=1
  done
  return "$bad"
}

vitest() { node node_modules/vitest/vitest.mjs run "$@"; }

run provision bash scripts/provision.sh test matrix field kernels
case $status in
  0) echo done ;;
  3) sed -n 's/^provision: missing here: /lacks /p' "$log" ;;
  *) failed=1; show_log; finish ;;
esac

if lacks build; then
  left_out 'addon and BPF objects' "$cause"
  # vitest.config.ts leaves out what tests them.
  export BEYLA_NOT_BUILT=1
  need build node scripts/build.mjs --only ts
else
  need build node scripts/build.mjs
fi
check lint node_modules/.bin/biome check .
check types types
check 'public surface' node scripts/api.mjs --check

if (($#)); then
  suite 'chosen tests' vitest "$@"
  finish
fi

suite 'units and contracts' vitest --project unit
if lacks test; then left_out 'end to end' "$cause"; else suite 'end to end' vitest --project e2e; fi
if lacks matrix; then left_out matrix "$cause"; else suite matrix node test/matrix/run.mjs; fi
if lacks field; then left_out field "$cause"; else suite field node test/field/run.mjs --core; fi
if [[ -n ${BEYLA_NOT_BUILT-} ]]; then
  left_out 'tarballs in a clean room' 'needs the addon and the BPF objects'
else
  suite 'tarballs in a clean room' node test/pack/run.mjs
fi
for seed in "${fuzz_seeds[@]}"; do
  check "fuzz, seed $seed" node test/fuzz/run.mjs --seed "$seed" --cases "$fuzz_seed_cases"
done
check 'fuzz, a new seed' node test/fuzz/run.mjs --cases "$fuzz_cases"
if [[ -n ${BEYLA_NOT_BUILT-} ]]; then
  left_out 'other kernels' 'needs the addon and the BPF objects'
elif lacks kernels; then
  left_out 'other kernels' "$cause"
else
  suite 'other kernels' env BEYLA_SKIP_BUILD=1 bash test/vm/run.sh 5.10 6.1 6.12
fi
finish

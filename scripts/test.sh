#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything CI runs: what is missing is installed, what is stale is built, then lint and all tests but those of other kernels.
# The last line is the test runner's: "N passed, N failed".
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo 'provision'
bash scripts/provision.sh test
echo 'build'
node scripts/build.mjs
echo 'lint'
npx --no-install biome check .
echo 'test'
exec npx --no-install vitest run "$@"

// SPDX-License-Identifier: Apache-2.0
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const platform = `${process.platform}-${process.arch}`;
// A local build comes second, so that an installed release never runs something left over from an experiment.
const candidates = [
  join(__dirname, 'prebuilds', platform, 'beyla_native.node'),
  join(__dirname, 'build', 'Release', 'beyla_native.node'),
];

module.exports = load();

function load() {
  const failures = [];
  for (const path of candidates) {
    if (!existsSync(path)) {
      failures.push(`${path}: not there`);
      continue;
    }
    try {
      return require(path);
    } catch (error) {
      failures.push(`${path}: ${error.message}`);
    }
  }
  const error = new Error(
    [
      `@beyla/native has no addon that loads on ${platform}:`,
      ...failures.map((failure) => `  - ${failure}`),
      'Remedies:',
      ...remedies().map((remedy) => `  - ${remedy}`),
    ].join('\n'),
  );
  error.code = 'BEYLA_NATIVE_MISSING';
  throw error;
}

function remedies() {
  if (process.platform !== 'linux')
    return ['run on Linux: eBPF is a facility of the Linux kernel; elsewhere use recordings'];
  return [
    'in a checkout of the repository: `npm run provision && npm run build`',
    'with the published package: reinstall it with its files complete (`prebuilds` must be among them)',
    'on a libc other than glibc (Alpine), or another processor: build from source, see native/README.md',
  ];
}

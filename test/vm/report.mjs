// SPDX-License-Identifier: Apache-2.0
/**
 * Prints and judges what the guests reported: `node test/vm/report.mjs [--update] 5.10 6.1 6.12`. Exits 1 on any failure. `--update` rewrites
 * verified-instructions.json for the kernels that ran.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { judge } from './judge.mjs';

const tablePath = new URL('verified-instructions.json', import.meta.url);
const table = JSON.parse(readFileSync(tablePath, 'utf8'));
const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));
const update = process.argv.includes('--update');
const kernels = process.argv.slice(2).filter((argument) => argument !== '--update');

const rows = [];
for (const kernel of kernels) {
  const path = new URL(`../../.cache/vm/${kernel}.jsonl`, import.meta.url);
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const verdict = judge(kernel, lines, expected, update ? undefined : (table[kernel] ?? {}));
  rows.push(...verdict.rows);
  const sorted = Object.entries(verdict.instructions).sort(([a], [b]) => (a < b ? -1 : 1));
  table[kernel] = Object.fromEntries(sorted);
}

const width = Math.max(...rows.map((row) => row.name.length));
for (const { kernel, what, name, result, failed } of rows) {
  console.log(`${kernel.padEnd(5)} ${what.padEnd(8)} ${name.padEnd(width)}  ${failed ? 'FAILED: ' : ''}${result}`);
}
if (update) {
  writeFileSync(tablePath, `${JSON.stringify(table, null, 2)}\n`);
  console.log('rewrote test/vm/verified-instructions.json');
}
const failed = rows.filter((row) => row.failed).length;
console.log(`\n${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

// SPDX-License-Identifier: Apache-2.0
// @ts-check
/**
 * Writes examples/grafana/red-dashboard.json from its definition. `--check` writes nothing and fails when the file differs.
 *
 *     node scripts/generate-dashboard.mjs [--check]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROWS, toGrafana } from './lib/red-dashboard.mjs';

const name = 'examples/grafana/red-dashboard.json';
const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
// Lists of words stand on one line, as the formatter of this repository wants them.
const text = `${JSON.stringify(toGrafana(ROWS), undefined, 2)}\n`.replace(
  /\[\n\s+("[^"]*"(?:,\n\s+"[^"]*")*)\n\s+\]/g,
  (_, words) => `[${words.replace(/\n\s+/g, ' ')}]`,
);
const isCurrent = existsSync(path) && readFileSync(path, 'utf8') === text;
if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
  console.log(`${name} ${isCurrent ? 'unchanged' : 'written'}`);
} else if (isCurrent) {
  console.log(`${name} is up to date`);
} else {
  console.error(`${name} differs from its definition. Run: node scripts/generate-dashboard.mjs`);
  process.exitCode = 1;
}

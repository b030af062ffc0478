// SPDX-License-Identifier: Apache-2.0
// @ts-check
/**
 * The field: what ordinary programs do with ordinary, and with rude, traffic. Each row is one stack, driven by every profile it can take
 * part in (`profiles.mjs`); each span is compared with what the client did.
 *
 *     npm run test:field [-- row… | profile… | --list | --verbose | --alone | --late=N]
 *
 * A word chooses the rows whose id begins with it, or the profile that has it for its name. `--alone` starts server and tracer anew for each
 * profile, which tells whether one profile spoils the next. `--late=N` restarts the agent N times under load, in rows whose workers share a port.
 */
import { parseArgs } from 'node:util';
import { Unavailable } from '../matrix/cache.mjs';
import { measureLate } from './late.mjs';
import { measure, profilesOf } from './measure.mjs';
import { PROFILES } from './profiles.mjs';
import { allRows } from './rows.mjs';
import { summary } from './summary.mjs';

const SHOWN = 40;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    verbose: { type: 'boolean' },
    alone: { type: 'boolean' },
    late: { type: 'string' },
  },
});
const profiles = positionals.filter((word) => word in PROFILES && word !== 'node');
const words = positionals.filter((word) => !profiles.includes(word));
const rows = (await allRows()).filter(({ id }) => words.length === 0 || words.some((word) => id.startsWith(word)));
if (options.list) {
  for (const row of rows) console.log(`${row.id.padEnd(20)} ${row.stack}`);
  for (const [name, { title }] of Object.entries(PROFILES)) console.log(`  ${name.padEnd(18)} ${title}`);
  process.exit();
}

let [passed, failed, skipped] = [0, 0, 0];
for (const row of rows) {
  try {
    await row.prepare();
    if (options.late !== undefined) {
      if (row.isPrefork) tell(row, await measureLate(row, Number(options.late)));
      continue;
    }
    const names = profilesOf(row, profiles);
    for (const group of options.alone ? names.map((name) => [name]) : [names]) {
      for (const result of await measure(row, group)) tell(row, result);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isMissing = error instanceof Unavailable;
    console.log(`${row.id.padEnd(16)} ${isMissing ? 'not here' : 'the laboratory failed'}: ${message}`);
    if (isMissing) skipped++;
    else failed++;
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);

/** @param {import('./row.mjs').Row} row @param {import('./measure.mjs').Result} result */
function tell({ id }, result) {
  const line = summary(result);
  if (line === 'exact') passed++;
  else failed++;
  console.log(`${id.padEnd(16)} ${result.profile.padEnd(18)} ${line}`);
  if (!options.verbose) return;
  for (const { fault, what } of result.findings.slice(0, SHOWN)) console.log(`    ${fault}: ${what}`);
  console.log(`    drops ${JSON.stringify(result.drops)}`);
}

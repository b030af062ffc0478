// SPDX-License-Identifier: Apache-2.0
// @ts-check
/**
 * The field: what ordinary programs do with ordinary, and with rude, traffic. Each row is one stack, driven by every profile it can take
 * part in (`profiles.mjs`); each span is compared with what the client did.
 *
 *     npm run test:field [-- row… | profile… | --list | --verbose | --alone | --late=N | --rounds=N | --core | --write-docs]
 *
 * Everything takes an hour or two: 100 restarts of the agent for each row whose workers share a port. `--core` is what CI runs, at most four
 * minutes. A word chooses the rows whose id begins with it, or the profile that has it for its name. `--alone` starts server and tracer anew
 * for each profile, which tells whether one profile spoils the next. `--late=N` only restarts the agent, N times; `--rounds=N` does so beside all else. Results are kept in
 * .cache/field; `--write-docs` writes docs/field.md of them.
 */
import { parseArgs } from 'node:util';
import { Unavailable } from '../matrix/cache.mjs';
import { keepResult, writePage } from './document.mjs';
import { knownOf } from './known.mjs';
import { measureLate } from './late.mjs';
import { measure, profilesOf } from './measure.mjs';
import { measureClient } from './measure-client.mjs';
import { PROFILES } from './profiles.mjs';
import { allClientRows, allRows } from './rows.mjs';
import { FAULTS, summary } from './summary.mjs';

const SHOWN = 40;
const LATE_ROUNDS = 100;
const CORE_BUDGET_MS = 200_000;
const CORE = [
  { id: 'nginx-proxy', late: 4 },
  { id: 'node-cluster', late: 3 },
  { id: 'gunicorn-gthread', late: 3 },
  { id: 'node', late: 0 },
  { id: 'nginx-proxy', late: 0 },
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    verbose: { type: 'boolean' },
    alone: { type: 'boolean' },
    late: { type: 'string' },
    rounds: { type: 'string' },
    core: { type: 'boolean' },
    'write-docs': { type: 'boolean' },
  },
});
const profiles = positionals.filter((word) => word in PROFILES);
const words = positionals.filter((word) => !profiles.includes(word));
const rows = (await allRows()).filter(({ id }) => words.length === 0 || words.some((word) => id.startsWith(word)));
const clientRows = (await allClientRows()).filter(
  ({ id }) => words.length === 0 || words.some((word) => id.startsWith(word)),
);
if (options.list) {
  for (const row of [...rows, ...clientRows]) console.log(`${row.id.padEnd(20)} ${row.stack}`);
  for (const [name, { title }] of Object.entries(PROFILES)) console.log(`  ${name.padEnd(18)} ${title}`);
  process.exit();
}

let [passed, failed, skipped] = [0, 0, 0];
if (options.core) await runCore();
else {
  await runAll();
  await runClients();
}
if (options['write-docs']) writePage(await allRows(), await allClientRows());
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);

async function runAll() {
  const rounds = Number(options.late ?? options.rounds ?? LATE_ROUNDS);
  for (const row of rows) {
    await attempt(row, async () => {
      const names = options.late === undefined ? profilesOf(row, profiles) : [];
      for (const group of options.alone ? names.map((name) => [name]) : [names]) {
        if (group.length > 0) for (const result of await measure(row, group)) tell(row, result);
      }
      if (row.isPrefork && profiles.length === 0) tell(row, await measureLate(row, rounds));
    });
  }
}

async function runClients() {
  if (profiles.length > 0 || options.late !== undefined) return;
  for (const row of clientRows) await attempt(row, async () => tell(row, await measureClient(row)));
}

/** The most telling rows, as many as the time allows: CI runs them. */
async function runCore() {
  const until = performance.now() + CORE_BUDGET_MS;
  for (const { id, late } of CORE) {
    const row = rows.find((one) => one.id === id);
    if (row === undefined) continue;
    if (performance.now() > until) {
      console.log(`skipped  ${id} (1): optional: no time is left`);
      skipped++;
      continue;
    }
    await attempt(row, async () => {
      if (late > 0) tell(row, await measureLate(row, late));
      else for (const result of await measure(row, profilesOf(row, profiles))) tell(row, result);
    });
  }
}

/** @param {Pick<import('./row.mjs').Row, 'id' | 'prepare'>} row @param {() => Promise<void>} run */
async function attempt(row, run) {
  try {
    await row.prepare();
    await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof Unavailable) {
      // What the closing line of the tests takes for a suite that is left out.
      console.log(`skipped  ${row.id} (1): optional: ${message.split('\n')[0]}`);
      skipped++;
    } else {
      console.log(`${row.id.padEnd(16)} the laboratory failed: ${message}`);
      failed++;
    }
  }
}

/** @param {Pick<import('./row.mjs').Row, 'id'>} row @param {import('./measure.mjs').Result} result */
function tell({ id }, result) {
  const line = summary(result);
  const known = knownOf(id, result.profile);
  const isKnown =
    known !== undefined &&
    result.failure === undefined &&
    result.findings.every(({ fault }) => FAULTS.indexOf(fault) >= FAULTS.indexOf(known.worst));
  if (line === 'exact' || isKnown) passed++;
  else failed++;
  const note = line !== 'exact' && isKnown ? ` (known: ${known.why})` : '';
  console.log(`${id.padEnd(16)} ${result.profile.padEnd(18)} ${line}${note}`);
  if (!options.alone) keepResult(id, result, line);
  if (!options.verbose) return;
  for (const { fault, what } of result.findings.slice(0, SHOWN)) console.log(`    ${fault}: ${what}`);
  console.log(`    drops ${JSON.stringify(result.drops)}`);
}

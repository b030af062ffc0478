// SPDX-License-Identifier: Apache-2.0
// @ts-check
/**
 * The matrix: every stack of every language × what its requests travel in × server and client. Each cell is right when the spans are
 * exactly what the other end saw, with the tracer there before the process starts, and with a process that already runs.
 *
 *     npm run test:matrix [-- row… | --list | --write-docs]
 *
 * A word chooses the rows whose id begins with it. `--write-docs` writes docs/support-matrix.md, of a whole run
 * that is right.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { Unavailable } from './cache.mjs';
import { SIDES } from './columns.mjs';
import { document } from './document.mjs';
import { measure } from './measure.mjs';
import { Peer } from './peer.mjs';
import { nodeModules } from './rows/node.mjs';
import { allRows } from './rows.mjs';
import { formatTable, tally } from './table.mjs';

const PAGE = fileURLToPath(new URL('../../docs/support-matrix.md', import.meta.url));
const LANES = 2;
/** @type {readonly ['before', 'late']} */
const ATTACHES = ['before', 'late'];

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const rows = (await allRows()).filter(({ id }) => words.length === 0 || words.some((word) => id.startsWith(word)));
if (process.argv.includes('--list')) {
  for (const { id, language, stack } of rows) console.log(`${id.padEnd(20)} ${language}: ${stack}`);
  process.exit();
}
if (rows.length === 0) throw new Error(`no row begins with ${words.join(' or ')}; --list shows them`);

const tls = makeTlsFiles();
/** @type {Map<string, import('./table.mjs').RowResult>} */
const results = new Map();
const waiting = [...rows];
await Promise.all(Array.from({ length: Math.min(LANES, rows.length) }, lane));
tls.remove();

const ordered = rows.map((row) => /** @type {import('./table.mjs').RowResult} */ (results.get(row.id)));
console.log(`\n${formatTable(ordered)}\n`);
const sum = tally(ordered, process.env['BEYLA_STRICT'] === '1');
for (const line of sum.lines) console.log(line);
if (process.argv.includes('--write-docs')) writePage();
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed > 0 ? 1 : 0);

async function lane() {
  const peer = new Peer({ tls, modules: await nodeModules() });
  await peer.listen();
  for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
    results.set(row.id, await measureRow(row, peer));
  }
  await peer.stop();
}

/** @param {import('./row.mjs').Row} row @param {Peer} peer @returns {Promise<import('./table.mjs').RowResult>} */
async function measureRow(row, peer) {
  const beganMs = performance.now();
  /** @type {import('./table.mjs').RowResult} */
  const result = { row, cells: new Map(), unavailable: undefined };
  try {
    await row.prepare();
    const preparedMs = performance.now();
    for (const side of SIDES) {
      if (row[side] === undefined) continue;
      for (const attach of ATTACHES) await measureInto(result, { row, side, attach, peer, tls });
    }
    const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(1)} s`;
    const prepared = preparedMs - beganMs > 1000 ? `, ready after ${seconds(preparedMs - beganMs)}` : '';
    console.log(`${row.id.padEnd(20)} ${seconds(performance.now() - preparedMs)}${prepared}`);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    result.unavailable = error.message;
    console.log(`${row.id.padEnd(20)} not here: ${error.message}`);
  }
  return result;
}

/** @param {import('./table.mjs').RowResult} result @param {import('./measure.mjs').Measurement} measurement */
async function measureInto({ cells, row }, measurement) {
  const { side, attach } = measurement;
  let faults = await faultsOf(measurement);
  /** @type {Partial<Record<string, string>>} */
  const known = row.wrong?.[side] ?? {};
  const unexpected = [...faults].filter(([column, some]) => some.length > 0 && known[column] === undefined);
  if (unexpected.length > 0) {
    // Real time on a shared machine: what is wrong twice is wrong, and what was wrong once is told.
    for (const [column, some] of unexpected)
      console.log(`second try  ${row.id} ${side} ${column} ${attach}: ${some[0]}`);
    faults = await faultsOf(measurement);
  }
  for (const [column, some] of faults) {
    const key = `${side} ${column}`;
    cells.set(key, [...(cells.get(key) ?? []), ...some.map((fault) => `${attach}: ${fault}`)]);
  }
}

/** @param {import('./measure.mjs').Measurement} measurement @returns {Promise<Map<string, string[]>>} */
async function faultsOf(measurement) {
  try {
    return await measure(measurement);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).split('\n').slice(0, 3).join(' / ');
    return new Map((measurement.row[measurement.side]?.columns ?? []).map((column) => [column, [message]]));
  }
}

function writePage() {
  if (words.length > 0 || sum.failed + sum.skipped > 0)
    throw new Error('the page is written of a whole run that is right');
  writeFileSync(PAGE, document(rows));
}

// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileApp } from './compile-app.mjs';

const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));
let runs = 0;

/**
 * One request as the client saw it; times on CLOCK_MONOTONIC.
 *
 * @typedef {object} TruthRecord
 * @property {number} connection
 * @property {number} port the client's own
 * @property {number} number
 * @property {string} method
 * @property {string} path
 * @property {number} status 0 when there was no answer
 * @property {number} sendNs before the first byte was written
 * @property {number} firstByteNs
 * @property {number} endNs after the last byte was read
 * @property {number} handlerNs what the server says its handler took; 0 when it does not say
 * @property {number} sentBody
 * @property {number} receivedBody
 * @property {string} [error]
 *
 * @typedef {object} Load
 * @property {number} port
 * @property {readonly string[]} targets `GET /users/{n}`, `POST /echo 1000`, `POST /echo 1000 chunked`
 * @property {string} [host]
 * @property {number} [connections]
 * @property {number} [requests] per connection
 * @property {number} [seconds] instead of `requests`
 * @property {number} [rate] requests per second
 * @property {boolean} [close] one connection per request
 * @property {boolean} [burst]
 * @property {boolean} [fifo] real-time priority; needs root
 * @property {number} [pipeline]
 * @property {number} [split] bytes per write
 * @property {number} [gapUs] between writes
 * @property {readonly string[]} [headers]
 * @property {boolean} [mayFail] requests without an answer are expected
 */

/** @returns {Promise<string>} the compiled client */
export function buildTruthClient() {
  return compileApp('truth-client.c');
}

/** @param {Load} load @param {string} log */
function toArguments(load, log) {
  const args = ['--port', String(load.port), '--log', log];
  for (const name of /** @type {const} */ ([
    'host',
    'connections',
    'requests',
    'seconds',
    'rate',
    'pipeline',
    'split',
  ])) {
    if (load[name] !== undefined) args.push(`--${name}`, String(load[name]));
  }
  for (const name of /** @type {const} */ (['close', 'burst', 'fifo'])) {
    if (load[name]) args.push(`--${name}`);
  }
  if (load.gapUs !== undefined) args.push('--gap-us', String(load.gapUs));
  for (const header of load.headers ?? []) args.push('--header', header);
  return [...args, ...load.targets];
}

/**
 * Sends requests and resolves with the client's own log, in the order of the answers.
 *
 * @param {Load} load
 * @returns {Promise<TruthRecord[]>}
 */
export async function sendLoad(load) {
  const binary = await buildTruthClient();
  const log = join(CACHE, `truth-${process.pid}-${runs++}.jsonl`);
  const child = spawn(binary, toArguments(load, log), { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  // Also when whoever started it ends before it does.
  const end = () => {
    child.kill();
    rmSync(log, { force: true });
  };
  process.once('exit', end);
  const [code] = await once(child, 'close');
  process.off('exit', end);
  if (code === 2 || code === null) {
    throw new Error(`truth-client failed: ${stderr}`);
  }
  const text = readFileSync(log, 'utf8');
  rmSync(log);
  /** @type {TruthRecord[]} */
  const records = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const unanswered = records.filter((record) => record.error !== undefined);
  if (unanswered.length > 0 && !load.mayFail) {
    throw new Error(
      `${unanswered.length} of ${records.length} requests got no answer: ${JSON.stringify(unanswered[0])}`,
    );
  }
  return records;
}

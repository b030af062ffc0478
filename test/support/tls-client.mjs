// @ts-check
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLIENT = fileURLToPath(new URL('tls-client-main.mjs', import.meta.url));
const LOG_MAX_BYTES = 64 << 20;

/**
 * @typedef {object} TlsLoad
 * @property {number} port
 * @property {readonly string[]} targets `GET /users/{port}-{n}`, `POST /echo 1000`; `{port}` is the client's own, `{n}` counts the requests of a connection
 * @property {number} [connections] at the same time
 * @property {number} [requests] by each of them
 * @property {number} [renew] a connection is replaced after so many requests
 * @property {boolean} [slow] reads large answers slowly
 * @property {boolean} [burst] the first requests wait until every connection is there
 * @property {Promise<unknown>} [until] stops before `requests`
 * @property {boolean} [fifo] real-time priority; needs root
 */

/**
 * Sends requests over TLS from a process of its own and resolves with that client's log, in the order of the answers.
 *
 * @param {TlsLoad} load
 * @returns {Promise<import('./truth-client.mjs').TruthRecord[]>}
 */
export async function sendTlsLoad(load) {
  const { fifo = false, until, ...rest } = load;
  const options = JSON.stringify({ ...rest, stoppable: until !== undefined });
  const command = [...(fifo ? ['chrt', '--fifo', '10'] : []), process.execPath, CLIENT, options];
  const running = promisify(execFile)(/** @type {string} */ (command[0]), command.slice(1), {
    maxBuffer: LOG_MAX_BYTES,
  });
  until?.then(() => running.child.stdin?.end());
  const { stdout } = await running;
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

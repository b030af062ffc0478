// @ts-check
import { fileURLToPath } from 'node:url';
import { HelperProcess } from '../support/helper-process.mjs';

/**
 * One request as the other end saw it. gRPC: `path` is that of the method, `status` the gRPC status.
 *
 * @typedef {object} Truth
 * @property {import('./columns.mjs').ColumnId} column
 * @property {number} port the client's own
 * @property {string} method
 * @property {string} path
 * @property {number} status
 * @property {boolean} kept its connection was used before the tracer began
 */

/** The other end of every cell, in a process of its own that is never selected. */
export class Peer {
  /** Ports of the reference server by column. @type {Record<import('./columns.mjs').ColumnId, number>} */
  ports = /** @type {any} */ ({});
  #process;

  /** @param {{ tls: import('../support/tls-files.mjs').TlsFiles, modules: string }} options */
  constructor({ tls, modules }) {
    const path = fileURLToPath(new URL('peer-process.mjs', import.meta.url));
    this.#process = new HelperProcess(path, [tls.cert, tls.key, tls.ca], {
      env: { ...process.env, MATRIX_MODULES: modules },
    });
  }

  async listen() {
    this.ports = await this.#process.ask('listen');
  }

  /**
   * Makes requests `first` to `first + count - 1` of a column to `port` over kept connections.
   *
   * @param {{ column: string, port: number, first: number, count: number, connections: number }} load
   * @returns {Promise<(Truth & { n: number })[]>}
   */
  send(load) {
    return this.#process.ask('send', load);
  }

  /** From now on connections that were used before count as kept. */
  mark() {
    return this.#process.ask('mark');
  }

  /** What the reference server answered since the last call. @returns {Promise<Truth[]>} */
  take() {
    return this.#process.ask('take');
  }

  /** Ends every connection it opened, and forgets. */
  hangUp() {
    return this.#process.ask('hangUp');
  }

  stop() {
    return this.#process.stop();
  }
}

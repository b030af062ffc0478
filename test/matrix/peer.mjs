// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

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
  #child;
  #last = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {{ tls: import('../support/tls-files.mjs').TlsFiles, modules: string }} options */
  constructor({ tls, modules }) {
    this.#child = fork(fileURLToPath(new URL('peer-process.mjs', import.meta.url)), [tls.cert, tls.key, tls.ca], {
      env: { ...process.env, MATRIX_MODULES: modules },
    });
    this.#child.on('message', (/** @type {any} */ { id, result, error }) => {
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiter?.resolve(result);
      else waiter?.reject(new Error(error));
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the peer ended with ${code}`));
    });
  }

  async listen() {
    this.ports = await this.#ask('listen');
  }

  /**
   * Makes requests `first` to `first + count - 1` of a column to `port` over kept connections.
   *
   * @param {{ column: string, port: number, first: number, count: number, connections: number }} load
   * @returns {Promise<(Truth & { n: number })[]>}
   */
  send(load) {
    return this.#ask('send', load);
  }

  /** From now on connections that were used before count as kept. */
  mark() {
    return this.#ask('mark');
  }

  /** What the reference server answered since the last call. @returns {Promise<Truth[]>} */
  take() {
    return this.#ask('take');
  }

  /** Ends every connection it opened, and forgets. */
  hangUp() {
    return this.#ask('hangUp');
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }

  /** @param {string} command @param {unknown} [argument] @returns {Promise<any>} */
  #ask(command, argument) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command, argument });
    });
  }
}

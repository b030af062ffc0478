// SPDX-License-Identifier: Apache-2.0
// @ts-check

/** A running Beyla of a laboratory: its spans, and which processes it has selected. */
export class BeylaWatch {
  /** @type {import('@beyla/core').RequestSpan[]} */
  spans = [];
  /** @type {Error[]} */
  errors = [];
  /** @readonly */
  beyla;
  /** @type {Set<number>} */
  #selected = new Set();
  /** @type {Set<() => void>} */
  #waiters = new Set();

  /** @param {import('@beyla/core').Beyla} beyla */
  constructor(beyla) {
    this.beyla = beyla;
    beyla.on('span', (spans) => {
      this.spans.push(...spans);
      this.#wake();
    });
    beyla.on('process', ({ type, process }) => {
      if (type === 'started') this.#selected.add(process.pid);
      this.#wake();
    });
    beyla.on('error', (error) => this.errors.push(error));
  }

  /** Resolves when all of these are selected. @param {() => readonly number[]} pids @param {number} timeoutMs */
  async selectedWithin(pids, timeoutMs) {
    const missing = () => pids().filter((pid) => !this.#selected.has(pid));
    if (!(await this.until(() => missing().length === 0, timeoutMs)))
      throw new Error(`not selected: ${missing().join(', ')}`);
  }

  /** Resolves when `isDone`, or when `seen` grows no more for `quietMs`. @param {() => boolean} isDone @param {() => number} seen @param {number} quietMs */
  async quiet(isDone, seen, quietMs) {
    for (let before = -1; !isDone() && seen() > before; ) {
      before = seen();
      await this.until(isDone, quietMs);
    }
  }

  /** Resolves with whether it is done. @param {() => boolean} isDone @param {number} timeoutMs @returns {Promise<boolean>} */
  until(isDone, timeoutMs) {
    return new Promise((resolve) => {
      const finish = (/** @type {boolean} */ done) => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        resolve(done);
      };
      const check = () => isDone() && finish(true);
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }

  close() {
    return this.beyla.close();
  }

  #wake() {
    for (const waiter of this.#waiters) waiter();
  }
}

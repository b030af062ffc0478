// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { createBeyla } from '@beyla/core';

const START_TIMEOUT_MS = 20_000;
/** How long nothing may come before what has come is taken for all there is. */
const QUIET_MS = 1500;

/** A running Beyla whose spans are taken in portions. */
export class Watching {
  /** Where it could not be told which portion a span belongs to, when it came tells. @type {import('@beyla/core').RequestSpan[]} */
  spans = [];
  /** @type {Error[]} */
  errors = [];
  #beyla;
  /** @type {Set<number>} */
  #selected = new Set();
  /** @type {Set<() => void>} */
  #waiters = new Set();

  /** @param {import('@beyla/core').Beyla} beyla */
  constructor(beyla) {
    this.#beyla = beyla;
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

  /** @param {readonly import('@beyla/core').ProcessSelector[]} instrument */
  static async start(instrument) {
    return new Watching(await createBeyla({ discovery: { instrument: [...instrument] } }));
  }

  /** Resolves when all of these are selected. @param {() => readonly number[]} pids */
  async selected(pids) {
    const missing = () => pids().filter((pid) => !this.#selected.has(pid));
    if (!(await this.#until(() => missing().length === 0, START_TIMEOUT_MS))) {
      throw new Error(`not selected: ${missing().join(', ')}`);
    }
  }

  /** Resolves when `done`, or when no span comes any more. @param {() => boolean} done */
  async settled(done) {
    for (let before = -1; !done() && this.spans.length > before; ) {
      before = this.spans.length;
      await this.#until(done, QUIET_MS);
    }
  }

  /** What was counted since the last call, by reason. @returns {Record<string, number>} */
  takeDrops() {
    const now = this.#beyla.stats().drops;
    const before = this.#before;
    this.#before = now;
    const grown = Object.entries(now).map(
      ([name, count]) => /** @type {const} */ ([name, count - (before[name] ?? 0)]),
    );
    return Object.fromEntries(grown.filter(([, count]) => count !== 0));
  }
  /** @type {Readonly<Record<string, number>>} */
  #before = {};

  stats() {
    return this.#beyla.stats();
  }

  health() {
    return this.#beyla.health();
  }

  close() {
    return this.#beyla.close();
  }

  #wake() {
    for (const waiter of this.#waiters) waiter();
  }

  /** Resolves with whether it is done. @param {() => boolean} done @param {number} timeoutMs @returns {Promise<boolean>} */
  #until(done, timeoutMs) {
    return new Promise((resolve) => {
      const finish = (/** @type {boolean} */ isDone) => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        resolve(isDone);
      };
      const check = () => done() && finish(true);
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }
}

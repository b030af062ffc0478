// @ts-check
import { createBeyla } from '@beyla/core';

/** How long no span may come before what has come is taken for all there is. */
const QUIET_MS = 2500;
const START_TIMEOUT_MS = 10_000;

/** @typedef {import('@beyla/core').RequestSpan} RequestSpan */

/** A running Beyla of one measurement. */
export class Watching {
  /** @type {RequestSpan[]} */
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

  /** @param {import('@beyla/core').ProcessSelector} selector @param {string} recordTo */
  static async start(selector, recordTo) {
    return new Watching(await createBeyla({ discovery: { instrument: [selector] }, recordTo }));
  }

  /** Resolves when all of these are selected. @param {readonly number[]} pids */
  async selected(pids) {
    await this.#until(() => pids.every((pid) => this.#selected.has(pid)), START_TIMEOUT_MS);
    const missing = pids.filter((pid) => !this.#selected.has(pid));
    if (missing.length > 0) throw new Error(`not selected: ${missing.join(', ')}`);
  }

  /**
   * Resolves when `count` spans of a side were seen, or no more come. Those of the other side, which a proxy has, do not count: a call
   * that was given up ends when the program has read so, which may be later than all they are of.
   *
   * @param {'server' | 'client'} side @param {number} count
   */
  async settled(side, count) {
    const seen = () => this.spans.reduce((sum, span) => sum + Number(span.kind.endsWith(side)), 0);
    for (let before = -1; seen() < count && seen() > before; ) {
      before = seen();
      await this.#until(() => seen() >= count, QUIET_MS);
    }
  }

  /** What was lost, by reason, and what else was counted that explains a gap. */
  losses() {
    const { drops, interpreter } = this.#beyla.stats();
    return Object.entries({ ...interpreter, ...drops }).filter(([, count]) => count > 0);
  }

  get drops() {
    return Object.values(this.#beyla.stats().drops).reduce((sum, count) => sum + count, 0);
  }

  close() {
    return this.#beyla.close();
  }

  #wake() {
    for (const waiter of this.#waiters) waiter();
  }

  /** @param {() => boolean} done @param {number} timeoutMs @returns {Promise<void>} */
  #until(done, timeoutMs) {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        resolve();
      };
      const check = () => done() && finish();
      const timer = setTimeout(finish, timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }
}

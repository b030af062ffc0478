// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { nowNs } from './wire.mjs';

const TICK_NS = 2e6;
/** What is shorter than this is no reason for anything. */
const LATE_NS = 1e6;
const KEPT = 20_000;

/** How late this process is, as far as its own timers tell: a log cannot be more exact than its writer is awake. */
export class LagLog {
  /** @type {{ atNs: number, lateNs: number }[]} */
  #lags = [];
  #timer;

  constructor() {
    let expectedNs = nowNs() + TICK_NS;
    this.#timer = setInterval(() => {
      const atNs = nowNs();
      const lateNs = atNs - expectedNs;
      if (lateNs > LATE_NS) this.#lags.push({ atNs, lateNs });
      if (this.#lags.length > KEPT) this.#lags.splice(0, KEPT / 2);
      expectedNs = atNs + TICK_NS;
    }, TICK_NS / 1e6);
  }

  /** The latest it was between these times. @param {number} fromNs @param {number} toNs */
  during(fromNs, toNs) {
    // What waited while the process was late is read right after it.
    const some = this.#lags.filter(
      ({ atNs, lateNs }) => atNs >= fromNs - 2 * TICK_NS && atNs - lateNs - TICK_NS <= toNs + TICK_NS,
    );
    return Math.max(0, ...some.map(({ lateNs }) => lateNs));
  }

  close() {
    clearInterval(this.#timer);
  }
}

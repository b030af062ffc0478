// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { createBeyla } from '@beyla/core';
import { BeylaWatch } from '../support/beyla-watch.mjs';

const START_TIMEOUT_MS = 20_000;
/** How long nothing may come before what has come is taken for all there is. */
const QUIET_MS = 1500;

/** A running Beyla whose spans are taken in portions: where it cannot be told which one a span belongs to, when it came tells. */
export class Watching extends BeylaWatch {
  /** @type {Readonly<Record<string, number>>} */
  #before = {};

  /** @param {readonly import('@beyla/core').ProcessSelector[]} instrument */
  static async start(instrument) {
    return new Watching(await createBeyla({ discovery: { instrument: [...instrument] } }));
  }

  /** Resolves when all of these are selected. @param {() => readonly number[]} pids */
  selected(pids) {
    return this.selectedWithin(pids, START_TIMEOUT_MS);
  }

  /** Resolves when `isDone`, or when no span comes any more. @param {() => boolean} isDone */
  settled(isDone) {
    return this.quiet(isDone, () => this.spans.length, QUIET_MS);
  }

  /** What was counted since the last call, by reason. @returns {Record<string, number>} */
  takeDrops() {
    const now = this.beyla.stats().drops;
    const before = this.#before;
    this.#before = now;
    const grown = Object.entries(now).map(
      ([name, count]) => /** @type {const} */ ([name, count - (before[name] ?? 0)]),
    );
    return Object.fromEntries(grown.filter(([, count]) => count !== 0));
  }

  stats() {
    return this.beyla.stats();
  }

  health() {
    return this.beyla.health();
  }
}

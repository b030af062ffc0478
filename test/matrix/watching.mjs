// @ts-check
import { createBeyla } from '@beyla/core';
import { BeylaWatch } from '../support/beyla-watch.mjs';

/** How long no span may come before what has come is taken for all there is. */
const QUIET_MS = 2500;
const START_TIMEOUT_MS = 10_000;

/** A running Beyla of one measurement. */
export class Watching extends BeylaWatch {
  /** @param {import('@beyla/core').ProcessSelector} selector @param {string} recordTo */
  static async start(selector, recordTo) {
    return new Watching(await createBeyla({ discovery: { instrument: [selector] }, recordTo }));
  }

  /** Resolves when all of these are selected. @param {readonly number[]} pids */
  selected(pids) {
    return this.selectedWithin(() => pids, START_TIMEOUT_MS);
  }

  /**
   * Resolves when `count` spans of a side were seen, or no more come. Those of the other side, which a proxy has, do not count: a call
   * that was given up ends when the program has read so, which may be later than all they are of.
   *
   * @param {'server' | 'client'} side @param {number} count
   */
  settled(side, count) {
    const seen = () => this.spans.reduce((sum, span) => sum + Number(span.kind.endsWith(side)), 0);
    return this.quiet(() => seen() >= count, seen, QUIET_MS);
  }

  /** What was lost, by reason, and what else was counted that explains a gap. */
  losses() {
    const { drops, interpreter } = this.beyla.stats();
    return Object.entries({ ...interpreter, ...drops }).filter(([, count]) => count > 0);
  }

  get drops() {
    return Object.values(this.beyla.stats().drops).reduce((sum, count) => sum + count, 0);
  }
}

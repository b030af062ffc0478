/** A trouble is told for so long after it was seen last. */
const TOLD_MS = 60_000;

/**
 * Whether a counter of troubles has grown lately, for `health()`: what is over must not be told for ever.
 *
 * @example
 * ```ts
 * import { RecentGrowth } from '@beyla/core';
 * const overflows = new RecentGrowth();
 * const messages: string[] = overflows.of(3) > 0 ? ['the queue was full; raise its limit'] : [];
 * ```
 *
 * @public
 */
export class RecentGrowth {
  #count = 0;
  #grownMs = Number.NEGATIVE_INFINITY;

  /** The count as it is now, if it has grown in the last minute, else 0. To be asked now and then. */
  of(count: number, nowMs: number = performance.now()): number {
    if (count > this.#count) this.#grownMs = nowMs;
    this.#count = count;
    return nowMs - this.#grownMs < TOLD_MS ? count : 0;
  }
}

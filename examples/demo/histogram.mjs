// @ts-check
const SUB_BUCKETS = 32;
const OCTAVES = 40;

/** Durations in buckets that grow by 3 %, so that a quantile costs no memory per request. */
export class Histogram {
  #counts = new Uint32Array(SUB_BUCKETS * OCTAVES);
  #total = 0;

  /** @param {number} ns */
  add(ns) {
    const octave = Math.max(0, Math.min(OCTAVES - 1, Math.floor(Math.log2(Math.max(1, ns)))));
    const within = Math.min(SUB_BUCKETS - 1, Math.floor((ns / 2 ** octave - 1) * SUB_BUCKETS));
    const index = octave * SUB_BUCKETS + Math.max(0, within);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total += 1;
  }

  /** @param {number} fraction e.g. 0.95 @returns {number} nanoseconds; NaN when empty */
  quantile(fraction) {
    let left = Math.ceil(this.#total * fraction);
    for (let index = 0; index < this.#counts.length; index++) {
      left -= this.#counts[index] ?? 0;
      if (left <= 0 && this.#total > 0) {
        return 2 ** Math.floor(index / SUB_BUCKETS) * (1 + ((index % SUB_BUCKETS) + 0.5) / SUB_BUCKETS);
      }
    }
    return Number.NaN;
  }
}

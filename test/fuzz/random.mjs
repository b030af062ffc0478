// @ts-check
/** xorshift32: the same numbers for the same seed, on every machine. */
export class Random {
  #state;

  /** @param {number} seed Any integer but 0. */
  constructor(seed) {
    this.#state = seed | 0 || 1;
  }

  next() {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** An integer from 0 to `limit` - 1. @param {number} limit */
  below(limit) {
    return this.next() % limit;
  }

  /** True in one of `times` calls. @param {number} times */
  oneIn(times) {
    return this.next() % times === 0;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return /** @type {T} */ (list[this.below(list.length)]);
  }
}

/** What a table needs to know of its series. */
export interface TimedSeries {
  /** By the steady clock. */
  updatedMs: number;
}

/** Series by a key of text: at most so many, and one more for what is over. */
export class CappedSeries<S extends TimedSeries> {
  readonly #maxSeries: number;
  readonly #byKey = new Map<string, S>();
  #overflow: S | undefined;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** The overflow series included. */
  get size(): number {
    return this.#byKey.size + (this.#overflow === undefined ? 0 : 1);
  }

  /** The series of the key, made by `make` where it is new; `make` learns whether it is the overflow series. */
  resolve(key: string, make: (overflow: boolean) => S): S {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= this.#maxSeries) {
      this.#overflow ??= make(true);
      return this.#overflow;
    }
    const series = make(false);
    this.#byKey.set(key, series);
    return series;
  }

  /** Forgets the series that were not updated since; says how many. */
  expire(beforeMs: number): number {
    const before = this.size;
    for (const [key, series] of this.#byKey) if (series.updatedMs < beforeMs) this.#byKey.delete(key);
    if (this.#overflow !== undefined && this.#overflow.updatedMs < beforeMs) this.#overflow = undefined;
    return before - this.size;
  }

  /** Every series, the overflow one last. */
  *[Symbol.iterator](): Generator<S> {
    yield* this.#byKey.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }
}

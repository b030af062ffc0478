/**
 * The values that were set or asked for lately; at most `limit` of them with at most `maxLength` characters in their keys and values, and at least the newest
 * half of that. A pair that is longer than an eighth is not kept.
 *
 * Two maps, the older of which is dropped as a whole: cheaper than moving every entry that is used.
 */
export class RecentMap<V extends string | true> {
  readonly #half: number;
  readonly #halfLength: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #youngLength = 0;

  constructor(limit: number, maxLength: number) {
    this.#half = Math.max(1, limit >> 1);
    this.#halfLength = maxLength >> 1;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) {
      this.#old.delete(key);
      this.set(key, older);
    }
    return older;
  }

  set(key: string, value: V): void {
    const length = key.length + (value === true ? 0 : value.length);
    if (length > this.#halfLength >> 2) return;
    if (this.#young.size >= this.#half || this.#youngLength + length > this.#halfLength) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngLength = 0;
    }
    this.#young.set(key, value);
    this.#youngLength += length;
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngLength = 0;
  }
}

import { FIELD } from './field.ts';

/** RFC 7541 §4.2, RFC 9113 §6.5.2: the size of a table of which nothing else was said. */
const SIZE_DEFAULT = 4096;
/** More than this is not remembered, whatever size the peers agree on: older entries become unknown. */
const SIZE_MAX = 65_536;
/** What an entry counts for beside its name and value. */
const ENTRY_OVERHEAD = 32;
const FIRST_SLOTS = 32;

/**
 * The dynamic table of one direction (RFC 7541 §2.3.2), as far as it was watched.
 *
 * An index counts from the newest entry, and an entry goes only when all older ones are gone: so the entries that were seen to be
 * added are the first ones of the real table, whatever else that holds. What is behind them was added before the table was watched, and
 * is `FIELD.UNKNOWN`. For the same reason sizes need not be exact, only not too large: an entry that the real table has evicted is
 * not asked for any more. Values are kept of fields that matter only.
 */
export class HeaderTable {
  #fields = new Uint8Array(FIRST_SLOTS);
  #sizes = new Uint32Array(FIRST_SLOTS);
  #values: string[] = new Array<string>(FIRST_SLOTS).fill('');
  #newest = 0;
  #count = 0;
  #sizeBytes = 0;
  #limitBytes = SIZE_DEFAULT;

  /** Entries that are known. */
  get size(): number {
    return this.#count;
  }

  /** FIELD of entry `index`, 1 being the newest. */
  fieldAt(index: number): number {
    if (index > this.#count) return FIELD.UNKNOWN;
    return this.#fields[(this.#newest - index + 1) & (this.#fields.length - 1)] ?? FIELD.UNKNOWN;
  }

  /** Value of entry `index`, which is known; empty for fields that do not matter. */
  valueAt(index: number): string {
    return this.#values[(this.#newest - index + 1) & (this.#fields.length - 1)] ?? '';
  }

  /** `length`: bytes of name and value, or fewer. */
  add(field: number, value: string, length: number): void {
    const size = length + ENTRY_OVERHEAD;
    this.#evict(this.#limitBytes - size);
    // RFC 7541 §4.4: an entry larger than the table empties it.
    if (size > this.#limitBytes) return;
    if (this.#count === this.#fields.length) this.#enlarge();
    this.#newest = (this.#newest + 1) & (this.#fields.length - 1);
    this.#fields[this.#newest] = field;
    this.#sizes[this.#newest] = size;
    this.#values[this.#newest] = value;
    this.#count += 1;
    this.#sizeBytes += size;
  }

  /** The size update of RFC 7541 §6.3. What SETTINGS_HEADER_TABLE_SIZE allows takes effect only by it. */
  resize(limitBytes: number): void {
    this.#limitBytes = Math.min(limitBytes, SIZE_MAX);
    this.#evict(this.#limitBytes);
  }

  /** From now on all that is in the table is unknown, and its size may be any. */
  forget(): void {
    this.#evict(0);
    this.#limitBytes = SIZE_MAX;
  }

  #evict(roomBytes: number): void {
    while (this.#count > 0 && this.#sizeBytes > roomBytes) {
      const oldest = (this.#newest - this.#count + 1) & (this.#fields.length - 1);
      this.#sizeBytes -= this.#sizes[oldest] ?? 0;
      this.#values[oldest] = '';
      this.#count -= 1;
    }
  }

  #enlarge(): void {
    const { length } = this.#fields;
    const fields = new Uint8Array(2 * length);
    const sizes = new Uint32Array(2 * length);
    const values = new Array<string>(2 * length).fill('');
    for (let i = 1; i <= this.#count; i++) {
      const from = (this.#newest - this.#count + i) & (length - 1);
      fields[i] = this.#fields[from] ?? 0;
      sizes[i] = this.#sizes[from] ?? 0;
      values[i] = this.#values[from] ?? '';
    }
    this.#fields = fields;
    this.#sizes = sizes;
    this.#values = values;
    this.#newest = this.#count;
  }
}

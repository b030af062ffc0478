import type { RequestSpan } from '@beyla/core';
import { bucketIndex, octaveOf } from './bucket-index.ts';
import { type Exemplar, type Mutable, setExemplar } from './exemplar.ts';

/** Numbers up to this are counted as zero: 2 to the −128th, as Prometheus' own libraries have it. */
const ZERO_THRESHOLD: number = 2 ** -128;
const EXEMPLARS = 16;
const FIRST_CAPACITY = 16;

/** Checked, with the defaults in. */
export interface ExponentialLimits {
  readonly maxSize: number;
  readonly maxScale: number;
}

/**
 * Counts values by buckets whose bounds grow by the factor `2 ** (2 ** -scale)`. It begins at the finest scale; when the values no
 * longer fit into `maxSize` buckets, pairs of buckets become one, until they do (OpenTelemetry metrics data model).
 */
export class ExponentialHistogram {
  readonly zeroThreshold: number = ZERO_THRESHOLD;
  scale: number;
  count = 0;
  sum = 0;
  min: number = Number.POSITIVE_INFINITY;
  max: number = Number.NEGATIVE_INFINITY;
  zeroCount = 0;
  /** By power of two, sixteen at most: a slow request stays, however many fast ones follow. */
  readonly exemplars: (Mutable<Exemplar> | undefined)[] = new Array<undefined>(EXEMPLARS).fill(undefined);
  /** Bucket of the first count. */
  offset = 0;
  #length = 0;
  #counts: Float64Array;
  readonly #maxSize: number;

  constructor({ maxSize, maxScale }: ExponentialLimits) {
    this.#maxSize = maxSize;
    this.scale = maxScale;
    this.#counts = new Float64Array(Math.min(FIRST_CAPACITY, maxSize));
  }

  /** A copy: the first count is that of bucket `offset`. */
  get counts(): number[] {
    return Array.from(this.#counts.subarray(0, this.#length));
  }

  /** The value must be 0 or above, and finite. */
  record(value: number): void {
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (value <= ZERO_THRESHOLD) {
      this.zeroCount += 1;
      return;
    }
    const index = bucketIndex(value, this.scale);
    const at = index - this.offset;
    // Room first: it may be made in another array.
    const slot = at >= 0 && at < this.#length ? at : this.#makeRoom(index);
    (this.#counts[slot] as number) += 1;
  }

  /** Like `record`, and the request is the exemplar of its power of two from now on. */
  recordExemplary(value: number, span: RequestSpan, nowMs: number): void {
    this.record(value);
    setExemplar(this.exemplars, octaveOf(value) & (EXEMPLARS - 1), value, span, nowMs);
  }

  /** Makes the buckets reach to this one; says where its count is. */
  #makeRoom(wanted: number): number {
    let index = wanted;
    if (this.#length === 0) this.offset = index;
    let low = Math.min(index, this.offset);
    let high = Math.max(index, this.offset + this.#length - 1);
    let shift = 0;
    while ((high >> shift) - (low >> shift) >= this.#maxSize) shift += 1;
    if (shift > 0) {
      this.#coarsen(shift);
      index >>= shift;
      low >>= shift;
      high >>= shift;
    }
    const length = high - low + 1;
    if (length > this.#counts.length) {
      const grown = new Float64Array(Math.min(this.#maxSize, 2 ** Math.ceil(Math.log2(length))));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    const before = this.offset - low;
    if (before > 0) {
      this.#counts.copyWithin(before, 0, this.#length);
      this.#counts.fill(0, 0, before);
    }
    this.offset = low;
    this.#length = length;
    return index - low;
  }

  /** Every `2 ** shift` buckets become one. */
  #coarsen(shift: number): void {
    const counts = this.#counts;
    const offset = this.offset >> shift;
    for (let i = 0; i < this.#length; i += 1) {
      const count = counts[i] as number;
      counts[i] = 0;
      (counts[((this.offset + i) >> shift) - offset] as number) += count;
    }
    this.#length = ((this.offset + this.#length - 1) >> shift) - offset + 1;
    this.offset = offset;
    this.scale -= shift;
  }
}

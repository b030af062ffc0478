import type { RequestSpan } from '@beyla/core';
import { type Exemplar, type Mutable, setExemplar } from './exemplar.ts';

/**
 * Counts values by explicit buckets; a value on a boundary belongs to the bucket that ends there (OpenTelemetry metrics data
 * model, and Prometheus' `le`).
 */
export class Histogram {
  /** Ascending upper bounds; shared by all histograms of a metric. */
  readonly boundaries: readonly number[];
  /** One more than boundaries: the last one takes what is above them all. */
  readonly counts: number[];
  count = 0;
  sum = 0;
  min: number = Number.POSITIVE_INFINITY;
  max: number = Number.NEGATIVE_INFINITY;

  /** The last one of each bucket. */
  readonly exemplars: (Mutable<Exemplar> | undefined)[];

  constructor(boundaries: readonly number[]) {
    this.boundaries = boundaries;
    this.counts = new Array<number>(boundaries.length + 1).fill(0);
    this.exemplars = new Array<undefined>(boundaries.length + 1).fill(undefined);
  }

  /** The value must not be NaN. Says into which bucket it went. */
  record(value: number): number {
    const boundaries = this.boundaries;
    let bucket = 0;
    // Linear on purpose: most latencies and sizes lie in the first buckets, where this beats a binary search.
    while (bucket < boundaries.length && value > (boundaries[bucket] as number)) bucket += 1;
    (this.counts[bucket] as number) += 1;
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    return bucket;
  }

  /** Like `record`, and the request is the exemplar of its bucket from now on. */
  recordExemplary(value: number, span: RequestSpan, nowMs: number): void {
    const bucket = this.record(value);
    setExemplar(this.exemplars, bucket, value, span, nowMs);
  }
}

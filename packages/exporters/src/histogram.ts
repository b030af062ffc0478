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

  constructor(boundaries: readonly number[]) {
    this.boundaries = boundaries;
    this.counts = new Array<number>(boundaries.length + 1).fill(0);
  }

  /** The value must not be NaN. */
  record(value: number): void {
    const boundaries = this.boundaries;
    let bucket = 0;
    // Linear on purpose: most latencies and sizes lie in the first buckets, where this beats a binary search.
    while (bucket < boundaries.length && value > (boundaries[bucket] as number)) bucket += 1;
    (this.counts[bucket] as number) += 1;
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}

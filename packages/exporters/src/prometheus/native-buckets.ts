/** A run of buckets; `offset` is the number of the first one, and after the first run the empty buckets since the run before. */
export interface BucketSpan {
  readonly offset: number;
  readonly length: number;
}

/** Buckets as Prometheus' native histograms have them. */
export interface NativeBuckets {
  readonly spans: readonly BucketSpan[];
  /** The count of each bucket of the runs, less that of the bucket before. */
  readonly deltas: readonly number[];
}

/** So many empty buckets are cheaper as zeros than as the end of a run. */
const LONGEST_GAP = 2;

/**
 * Buckets of an exponential histogram in spans and deltas. Prometheus numbers a bucket by its upper bound, OpenTelemetry by its lower one:
 * its numbers are one higher.
 */
export function nativeBuckets(offset: number, counts: readonly number[]): NativeBuckets {
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let previous = 0;
  let end = 0;
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const index = offset + 1 + i;
    const gap = index - end;
    const open = spans.at(-1);
    if (open !== undefined && gap <= LONGEST_GAP) {
      open.length += gap + 1;
      for (let empty = 0; empty < gap; empty += 1) {
        deltas.push(0 - previous);
        previous = 0;
      }
    } else {
      spans.push({ offset: gap, length: 1 });
    }
    deltas.push(count - previous);
    previous = count;
    end = index + 1;
  }
  return { spans, deltas };
}

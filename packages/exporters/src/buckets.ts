import { BeylaError } from '@beyla/core';

/**
 * Upper bounds of the buckets of histograms, ascending; Beyla's `buckets`.
 *
 * @public
 */
export interface BucketsOptions {
  /** Seconds; default 0.005 to 10, as the HTTP semantic conventions advise. */
  durationHistogram?: readonly number[];
  /** Bytes; default 0, 32, 64 and so on to 8192. */
  requestSizeHistogram?: readonly number[];
  /** Bytes; default 0, 32, 64 and so on to 8192. */
  responseSizeHistogram?: readonly number[];
}

/** Upper bounds in seconds that the HTTP semantic conventions advise. */
export const DURATION_BOUNDARIES: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Upper bounds in bytes; Beyla's. */
export const SIZE_BOUNDARIES: readonly number[] = [0, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];

/** Checked, with the defaults in. */
export type Buckets = Readonly<Required<BucketsOptions>>;

/** @throws BeylaError `INVALID_OPTION` for bounds that are no numbers or not ascending. */
export function resolveBuckets(options: BucketsOptions = {}): Buckets {
  return {
    durationHistogram: ascending(options.durationHistogram ?? DURATION_BOUNDARIES, 'durationHistogram'),
    requestSizeHistogram: ascending(options.requestSizeHistogram ?? SIZE_BOUNDARIES, 'requestSizeHistogram'),
    responseSizeHistogram: ascending(options.responseSizeHistogram ?? SIZE_BOUNDARIES, 'responseSizeHistogram'),
  };
}

function ascending(boundaries: readonly number[], name: string): readonly number[] {
  const isAscending = boundaries.every(
    (bound, i) => Number.isFinite(bound) && (i === 0 || bound > (boundaries[i - 1] as number)),
  );
  // A copy, but not a frozen one: V8 boxes the numbers of frozen arrays, and counting takes twice as long.
  if (isAscending) return [...boundaries];
  throw new BeylaError('INVALID_OPTION', `\`buckets.${name}\` must be finite numbers, each above the one before`);
}

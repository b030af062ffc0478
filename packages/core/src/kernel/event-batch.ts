/**
 * Records as they came off the rings, back to back, each at a multiple of 8 bytes.
 *
 * @public
 */
export interface EventBatch {
  /** Reused: valid until the next batch is asked for. */
  readonly bytes: Uint8Array;
  /** How much of `bytes` holds records; 0 in a batch that only tells the time. */
  readonly length: number;
  /** CLOCK_MONOTONIC in nanoseconds when the batch was drained. */
  readonly nowNs: number;
}

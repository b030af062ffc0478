import type { RequestSpan } from '@beyla/core';
import type { Moment } from './moment.ts';
import type { MetricSnapshot } from './service-metrics.ts';

/** Metrics of one service instance beside the HTTP ones. */
export interface FeatureTable {
  /** Series held now. */
  readonly size: number;
  /** Counts a request; false where it went to the overflow series. */
  record(span: RequestSpan, durationSeconds: number, now: Moment): boolean;
  /** Forgets the series that were not updated since; says how many. */
  expire(beforeMs: number): number;
  snapshot(): MetricSnapshot[];
}

import type { ProcessInfo } from '@beyla/core';
import type { Resource } from '@opentelemetry/resources';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import type { AttributeSet } from './attributes.ts';

/**
 * The metrics of one process, with its own resource. As a `MetricProducer` any OpenTelemetry `MetricReader` can read it
 * (`reader.setMetricProducer(service)`); `snapshot()` needs no SDK.
 *
 * @public
 */
export interface ServiceMetrics extends MetricProducer {
  readonly process: ProcessInfo;
  readonly resource: Resource;
  /** Whether the process is known to have ended. */
  readonly ended: boolean;
  /** The metrics that have a value. Histograms in it are live: read them at once. */
  snapshot(): MetricSnapshot[];
}

/**
 * One metric with all its series.
 *
 * @public
 */
export interface MetricSnapshot {
  /** OpenTelemetry name. */
  readonly name: string;
  readonly unit: 's' | 'By';
  readonly description: string;
  readonly points: readonly MetricPoint[];
}

/**
 * One series of a metric.
 *
 * @public
 */
export interface MetricPoint {
  /** The same object for as long as the series lives, and for all metrics of one attribute set. */
  readonly attributes: Readonly<AttributeSet>;
  /** Unix milliseconds when the series began to count. */
  readonly startMs: number;
  readonly histogram: HistogramSnapshot;
}

/**
 * Values counted by explicit buckets since the start of the series.
 *
 * @public
 */
export interface HistogramSnapshot {
  /** Ascending upper bounds; a value on a bound belongs to the bucket that ends there. */
  readonly boundaries: readonly number[];
  /** One more than boundaries; not cumulative. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

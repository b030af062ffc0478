import type { ProcessInfo } from '@beyla/core';
import type { Resource } from '@opentelemetry/resources';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import type { AttributeSet } from './attributes.ts';
import type { Exemplar } from './exemplar.ts';

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
 * Name and meaning of a metric.
 *
 * @public
 */
export interface MetricIdentity {
  /** OpenTelemetry name. */
  readonly name: string;
  /** Seconds, bytes, or a plain number. */
  readonly unit: 's' | 'By' | '';
  readonly description: string;
}

/**
 * One metric with all its series.
 *
 * @public
 */
export type MetricSnapshot =
  | (MetricIdentity & { readonly type: 'histogram'; readonly points: readonly MetricPoint[] })
  | (MetricIdentity & { readonly type: 'exponential_histogram'; readonly points: readonly ExponentialPoint[] })
  | (MetricIdentity & { readonly type: 'counter'; readonly points: readonly CounterPoint[] });

/**
 * What every series has.
 *
 * @public
 */
export interface SeriesIdentity {
  /** The same object for as long as the series lives, and for all metrics of one attribute set. */
  readonly attributes: Readonly<AttributeSet>;
  /** Unix milliseconds when the series began to count. */
  readonly startMs: number;
}

/**
 * One series of a histogram.
 *
 * @public
 */
export interface MetricPoint extends SeriesIdentity {
  readonly histogram: HistogramSnapshot;
}

/**
 * One series of an exponential histogram.
 *
 * @public
 */
export interface ExponentialPoint extends SeriesIdentity {
  readonly histogram: ExponentialHistogramSnapshot;
}

/**
 * One series of a counter, which only grows.
 *
 * @public
 */
export interface CounterPoint extends SeriesIdentity {
  readonly value: number;
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
  /** By bucket, with holes: the last request of each that the filter let through. */
  readonly exemplars: readonly (Exemplar | undefined)[];
  /** The same values by exponential buckets, where both are counted. */
  readonly native?: ExponentialHistogramSnapshot;
}

/**
 * Values from 0 on, counted by buckets that grow by the factor `2 ** (2 ** -scale)` since the start of the series (OpenTelemetry
 * metrics data model, exponential histogram).
 *
 * @public
 */
export interface ExponentialHistogramSnapshot {
  readonly scale: number;
  /** Values up to this one are in `zeroCount`. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  /** Number of the first bucket; bucket `i` takes what is above `2 ** (i / 2 ** scale)`, up to where the next one begins. */
  readonly offset: number;
  /** Of `offset` and the buckets after it. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** With holes: the last requests of different powers of two that the filter let through. */
  readonly exemplars: readonly (Exemplar | undefined)[];
}

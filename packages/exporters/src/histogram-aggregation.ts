import { BeylaError } from '@beyla/core';
import { type BucketsOptions, resolveBuckets } from './buckets.ts';
import { ExponentialHistogram, type ExponentialLimits } from './exponential-histogram.ts';
import { Histogram } from './histogram.ts';
import { NativeHistogram } from './native-histogram.ts';
import type { MetricIdentity, MetricSnapshot, SeriesIdentity } from './service-metrics.ts';

/**
 * Form of histograms: buckets with the bounds of `buckets`, or buckets that grow by a constant factor and fit themselves to the
 * values (OpenTelemetry metrics SDK, the names of OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION); or both at once.
 *
 * @public
 */
export type HistogramAggregation =
  | 'explicit_bucket_histogram'
  | 'base2_exponential_bucket_histogram'
  | 'explicit_and_base2_exponential';

/**
 * Limits of exponential histograms; Beyla's `exponential_histogram`.
 *
 * @public
 */
export interface ExponentialHistogramOptions {
  /** Buckets of one histogram, 2 to 16384; default 160. */
  maxSize?: number;
  /** The scale to begin with, −10 to 20; bounds grow by `2 ** (2 ** -scale)`; default 20. */
  maxScale?: number;
}

/** Everything that counts values. */
export type AnyHistogram = Histogram | ExponentialHistogram;

/** Makes the histograms of new series. */
export interface HistogramFactory {
  duration(): AnyHistogram;
  requestSize(): AnyHistogram;
  responseSize(): AnyHistogram;
}

/** @throws BeylaError `INVALID_OPTION` for bounds that are not ascending, an unknown form, or limits that are out of range. */
export function histogramFactory(
  bucketsOptions: BucketsOptions | undefined,
  aggregation: HistogramAggregation = 'explicit_bucket_histogram',
  exponential: ExponentialHistogramOptions = {},
): HistogramFactory {
  const make = makerOf(aggregation, checkedLimits(exponential));
  const { durationHistogram, requestSizeHistogram, responseSizeHistogram } = resolveBuckets(bucketsOptions);
  return {
    duration: () => make(durationHistogram),
    requestSize: () => make(requestSizeHistogram),
    responseSize: () => make(responseSizeHistogram),
  };
}

function makerOf(
  aggregation: HistogramAggregation,
  limits: ExponentialLimits,
): (boundaries: readonly number[]) => AnyHistogram {
  switch (aggregation) {
    case 'explicit_bucket_histogram':
      return (boundaries) => new Histogram(boundaries);
    case 'base2_exponential_bucket_histogram':
      return () => new ExponentialHistogram(limits);
    case 'explicit_and_base2_exponential':
      return (boundaries) => new NativeHistogram(boundaries, limits);
    default:
      throw new BeylaError('INVALID_OPTION', `\`histogramAggregation\` is "${aggregation}"; use ${WORDS}`);
  }
}

const WORDS =
  'explicit_bucket_histogram, base2_exponential_bucket_histogram or explicit_and_base2_exponential' as const;

function checkedLimits({ maxSize = 160, maxScale = 20 }: ExponentialHistogramOptions): ExponentialLimits {
  if (!(Number.isInteger(maxSize) && maxSize >= 2 && maxSize <= 16_384)) {
    throw new BeylaError('INVALID_OPTION', '`exponentialHistogram.maxSize` must be a whole number from 2 to 16384');
  }
  if (!(Number.isInteger(maxScale) && maxScale >= -10 && maxScale <= 20)) {
    throw new BeylaError('INVALID_OPTION', '`exponentialHistogram.maxScale` must be a whole number from -10 to 20');
  }
  return { maxSize, maxScale };
}

interface AnyPoint extends SeriesIdentity {
  readonly histogram: AnyHistogram;
}

/** One metric of the histograms of its series, which are all of one form. */
export function histogramMetric(
  { name, unit, description }: MetricIdentity,
  points: readonly AnyPoint[],
): MetricSnapshot {
  const exponential = points.filter(isExponential);
  if (exponential.length > 0) return { type: 'exponential_histogram', name, unit, description, points: exponential };
  return { type: 'histogram', name, unit, description, points: points.filter(isExplicit) };
}

function isExponential(point: AnyPoint): point is AnyPoint & { histogram: ExponentialHistogram } {
  return point.histogram instanceof ExponentialHistogram;
}

function isExplicit(point: AnyPoint): point is AnyPoint & { histogram: Histogram } {
  return point.histogram instanceof Histogram;
}

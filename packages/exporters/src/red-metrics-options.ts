import type { AttributeSelection } from './attribute-selection.ts';
import type { BucketsOptions } from './buckets.ts';
import type { ExemplarFilter } from './exemplar.ts';
import type { ExponentialHistogramOptions, HistogramAggregation } from './histogram-aggregation.ts';
import type { Instrumentation } from './instrumentations.ts';
import type { MetricFeature } from './metric-features.ts';
import type { SemanticConventionsOptions } from './semantic-conventions.ts';

/**
 * Attributes, buckets and limits of `RedMetrics`.
 *
 * @public
 */
export interface RedMetricsOptions {
  /** Names of metrics and attributes; default by OTEL_SEMCONV_STABILITY_OPT_IN. */
  semanticConventions?: SemanticConventionsOptions;
  /** Attributes by metric; default as the semantic conventions have them, with `server.address` and `server.port`. */
  select?: AttributeSelection;
  /** Upper bounds of the histograms' buckets. */
  buckets?: BucketsOptions;
  /** Form of the histograms; default `explicit_bucket_histogram`. */
  histogramAggregation?: HistogramAggregation;
  /** Limits of the exponential ones. */
  exponentialHistogram?: ExponentialHistogramOptions;
  /** Which requests may become exemplars of durations; default `trace_based`. */
  exemplarFilter?: ExemplarFilter;
  /** Groups of metrics; default only `application`; the `metrics` of a selector are stronger. */
  features?: readonly MetricFeature[];
  /** Resource attributes that span metrics have beside their own; default none. */
  spanResourceAttributes?: readonly string[];
  /** Protocols whose requests are counted; default all. */
  instrumentations?: readonly Instrumentation[];
  /** Span names per process in span metrics; requests of further names count as `AGGREGATED`; default 100. */
  spanNamesLimit?: number;
  /** Whether requests of a service to itself are part of the service graph; default false. */
  allowServiceGraphSelfReferences?: boolean;
  /** Attribute sets per metric and process; what is over goes to one series marked `otel.metric.overflow`; default 2000. */
  maxSeries?: number;
  /** Processes with metrics at the same time; beyond it the one not heard of for the longest time is forgotten; default 1000. */
  maxProcesses?: number;
  /** A series not updated for so many milliseconds disappears, and counts from zero when it comes back; default 300,000. */
  ttlMs?: number;
  /** Milliseconds since the Unix epoch, which then also tell ages; for tests. */
  now?: () => number;
}

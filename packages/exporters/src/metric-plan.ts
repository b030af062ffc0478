import type { RequestSpan } from '@beyla/core';
import { AttributeSelector, PER_REQUEST_ATTRIBUTES } from './attribute-selection.ts';
import { type HistogramFactory, histogramFactory } from './histogram-aggregation.ts';
import { checkedFeatures, type MetricFeature } from './metric-features.ts';
import { type MetricDefinition, metricsOf } from './metrics.ts';
import type { RedMetricsOptions } from './red-metrics-options.ts';
import { resolveSemanticConventions } from './semantic-conventions.ts';
import { TextLimit } from './text-limit.ts';

/** Metrics of a kind that have the same attributes: one look-up finds the series of them all. */
export interface MetricGroup {
  readonly metrics: readonly MetricDefinition[];
  readonly attributes: ReadonlySet<string>;
  /** Whether an attribute is among them that the quick key of a series does not hold. */
  readonly perRequest: boolean;
  readonly hasDuration: boolean;
  readonly hasRequestSize: boolean;
  readonly hasResponseSize: boolean;
}

/** What is counted, by which attributes, in which buckets; the same for every process. */
export interface MetricPlan {
  /** For services that have the feature `application`. */
  readonly groups: Readonly<Record<RequestSpan['kind'], readonly MetricGroup[]>>;
  readonly histograms: HistogramFactory;
  /** Of the services that have none of their own. */
  readonly features: ReadonlySet<MetricFeature>;
  readonly maxSeries: number;
  readonly spanNamesLimit: number;
  readonly spanResourceAttributes: readonly string[];
  readonly allowServiceGraphSelfReferences: boolean;
  /** Of attributes: paths, hosts and names of methods are as long as whoever sends requests likes, and every bucket of a page repeats them. */
  readonly texts: TextLimit;
}

const LONGEST_TEXT = 512;

/** @throws BeylaError `INVALID_OPTION`, `UNKNOWN_OPTION`, `INVALID_PATTERN`. */
export function planMetrics(options: RedMetricsOptions): MetricPlan {
  const selector = new AttributeSelector(options.select);
  const features = checkedFeatures(options.features ?? ['application']);
  const metrics = metricsOf(resolveSemanticConventions(options.semanticConventions));
  const groupsOfKind = (kind: RequestSpan['kind']): MetricGroup[] => groupsOf(metrics, kind, selector);
  return {
    features,
    maxSeries: options.maxSeries ?? 2_000,
    spanNamesLimit: options.spanNamesLimit ?? 100,
    spanResourceAttributes: options.spanResourceAttributes ?? [],
    texts: new TextLimit(LONGEST_TEXT),
    allowServiceGraphSelfReferences: options.allowServiceGraphSelfReferences ?? false,
    groups: {
      'http.server': groupsOfKind('http.server'),
      'http.client': groupsOfKind('http.client'),
      'grpc.server': groupsOfKind('grpc.server'),
      'grpc.client': groupsOfKind('grpc.client'),
    },
    histograms: histogramFactory(options.buckets, options.histogramAggregation, options.exponentialHistogram),
  };
}

function groupsOf(
  all: readonly MetricDefinition[],
  kind: RequestSpan['kind'],
  selector: AttributeSelector,
): MetricGroup[] {
  const byAttributes = new Map<string, { attributes: readonly string[]; metrics: MetricDefinition[] }>();
  for (const metric of all) {
    if (metric.kind !== kind) continue;
    const attributes = selector.attributesOf(metric);
    const key = attributes.join();
    const group = byAttributes.get(key);
    if (group === undefined) byAttributes.set(key, { attributes, metrics: [metric] });
    else group.metrics.push(metric);
  }
  return [...byAttributes.values()].map(({ attributes, metrics }) => ({
    metrics,
    attributes: new Set(attributes),
    perRequest: PER_REQUEST_ATTRIBUTES.some((name) => attributes.includes(name)),
    hasDuration: metrics.some(({ value }) => value === 'duration'),
    hasRequestSize: metrics.some(({ value }) => value === 'requestBodySize'),
    hasResponseSize: metrics.some(({ value }) => value === 'responseBodySize'),
  }));
}

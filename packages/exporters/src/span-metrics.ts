import { isServerSpan, type RequestSpan } from '@beyla/core';
import { type AttributeSet, OVERFLOW_ATTRIBUTES, resourceAttributes, spanName, spanOutcome } from './attributes.ts';
import { CappedSeries } from './capped-series.ts';
import type { FeatureTable } from './feature-table.ts';
import { type AnyHistogram, type HistogramFactory, histogramMetric } from './histogram-aggregation.ts';
import type { MetricFeature } from './metric-features.ts';
import type { MetricPlan } from './metric-plan.ts';
import type { Moment } from './moment.ts';
import type { CounterPoint, MetricSnapshot } from './service-metrics.ts';
import type { TextLimit } from './text-limit.ts';

/** Name of the spans beyond the limit of names. */
const AGGREGATED = 'AGGREGATED';

interface SpanSeries {
  readonly attributes: Readonly<AttributeSet>;
  readonly name: string;
  readonly startMs: number;
  readonly overflow: boolean;
  updatedMs: number;
  readonly latency: AnyHistogram;
  requestBytes: number;
  responseBytes: number;
}

/** Calls, latency and sizes by span name, kind and status, as back ends make them of traces. */
export class SpanMetrics implements FeatureTable {
  readonly #features: ReadonlySet<MetricFeature>;
  readonly #histograms: HistogramFactory;
  readonly #texts: TextLimit;
  readonly #resourceAttributes: readonly string[];
  readonly #namesLimit: number;
  readonly #series: CappedSeries<SpanSeries>;
  #names = new Set<string>();

  constructor(features: ReadonlySet<MetricFeature>, plan: MetricPlan) {
    this.#features = features;
    this.#histograms = plan.histograms;
    this.#texts = plan.texts;
    this.#namesLimit = plan.spanNamesLimit;
    this.#resourceAttributes = plan.spanResourceAttributes;
    this.#series = new CappedSeries(plan.maxSeries);
  }

  get size(): number {
    return this.#series.size;
  }

  record(span: RequestSpan, durationSeconds: number, now: Moment): boolean {
    const name = this.#limited(this.#texts.text(spanName(span)));
    const status = spanOutcome(span) === 'error' ? 'STATUS_CODE_ERROR' : 'STATUS_CODE_UNSET';
    const series = this.#series.resolve(`${span.kind} ${status} ${name}`, (overflow) => ({
      attributes: overflow ? { ...OVERFLOW_ATTRIBUTES } : this.#attributes(span, name, status),
      name,
      startMs: now.unixMs,
      overflow,
      updatedMs: now.steadyMs,
      latency: this.#histograms.duration(),
      requestBytes: 0,
      responseBytes: 0,
    }));
    series.updatedMs = now.steadyMs;
    series.latency.record(durationSeconds);
    series.requestBytes += span.requestBodySize ?? 0;
    series.responseBytes += span.responseBodySize ?? 0;
    return !series.overflow;
  }

  expire(beforeMs: number): number {
    const expired = this.#series.expire(beforeMs);
    // A name that is no longer used leaves its place to another.
    if (expired > 0) this.#names = new Set([...this.#series].map(({ name }) => name));
    return expired;
  }

  snapshot(): MetricSnapshot[] {
    const all = [...this.#series];
    if (all.length === 0) return [];
    const latencies = all.map(({ attributes, startMs, latency }) => ({ attributes, startMs, histogram: latency }));
    const counter = (name: string, description: string, of: (series: SpanSeries) => number): MetricSnapshot => {
      const points: CounterPoint[] = all.map((series) => ({
        attributes: series.attributes,
        startMs: series.startMs,
        value: of(series),
      }));
      return { type: 'counter', name, unit: '', description, points };
    };
    const latency = 'Duration of spans.';
    const calls = 'Number of spans.';
    const metrics: MetricSnapshot[] = [];
    if (this.#features.has('application_span')) {
      const name = 'traces_spanmetrics_latency';
      metrics.push(histogramMetric({ name, unit: '', description: latency }, latencies));
      metrics.push(counter('traces_spanmetrics_calls', calls, (series) => series.latency.count));
    }
    if (this.#features.has('application_span_otel')) {
      const name = 'traces.span.metrics.duration';
      metrics.push(histogramMetric({ name, unit: 's', description: latency }, latencies));
      metrics.push(counter('traces.span.metrics.calls', calls, (series) => series.latency.count));
    }
    if (this.#features.has('application_span_sizes')) {
      const [request, response] = ['Bytes of request bodies.', 'Bytes of response bodies.'];
      metrics.push(counter('traces_spanmetrics_size', request, (series) => series.requestBytes));
      metrics.push(counter('traces_spanmetrics_response_size', response, (series) => series.responseBytes));
    }
    return metrics;
  }

  #attributes(span: RequestSpan, name: string, status: string): AttributeSet {
    const attributes = spanMetricAttributes(span, name, status);
    if (this.#resourceAttributes.length === 0) return attributes;
    const resource = resourceAttributes(span.process);
    for (const wanted of this.#resourceAttributes) {
      const value = Object.hasOwn(resource, wanted) ? resource[wanted] : undefined;
      if (value !== undefined) attributes[wanted] = value;
    }
    return this.#texts.attributes(attributes);
  }

  #limited(name: string): string {
    if (this.#names.has(name)) return name;
    if (this.#names.size >= this.#namesLimit) return AGGREGATED;
    this.#names.add(name);
    return name;
  }
}

function spanMetricAttributes(span: RequestSpan, name: string, status: string): AttributeSet {
  return {
    'span.name': name,
    'span.kind': isServerSpan(span) ? 'SPAN_KIND_SERVER' : 'SPAN_KIND_CLIENT',
    'status.code': status,
    source: 'beyla',
    'telemetry.sdk.language': span.process.language,
  };
}

import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { aSpan } from '../../../core/src/testing/span.ts';
import { RedMetrics } from '../red-metrics.ts';
import type { RedMetricsOptions } from '../red-metrics-options.ts';
import { nativeBuckets } from './native-buckets.ts';
import { ProtobufFormat } from './protobuf-format.ts';

/** The fields of Prometheus' public `metrics.proto` that a scraper reads, in our own words. */
const { root } = protobuf.parse(`
  syntax = "proto2";
  package io.prometheus.client;
  message Timestamp { optional int64 seconds = 1; optional int32 nanos = 2; }
  message LabelPair { optional string name = 1; optional string value = 2; }
  enum MetricType { COUNTER = 0; GAUGE = 1; SUMMARY = 2; UNTYPED = 3; HISTOGRAM = 4; GAUGE_HISTOGRAM = 5; }
  message Gauge { optional double value = 1; }
  message Exemplar { repeated LabelPair label = 1; optional double value = 2; optional Timestamp timestamp = 3; }
  message Counter { optional double value = 1; optional Exemplar exemplar = 2; optional Timestamp created_timestamp = 3; }
  message Bucket { optional uint64 cumulative_count = 1; optional double upper_bound = 2; optional Exemplar exemplar = 3; }
  message BucketSpan { optional sint32 offset = 1; optional uint32 length = 2; }
  message Histogram {
    optional uint64 sample_count = 1; optional double sample_sum = 2; repeated Bucket bucket = 3;
    optional sint32 schema = 5; optional double zero_threshold = 6; optional uint64 zero_count = 7;
    repeated BucketSpan positive_span = 12; repeated sint64 positive_delta = 13;
    optional Timestamp created_timestamp = 15; repeated Exemplar exemplars = 16;
  }
  message Metric { repeated LabelPair label = 1; optional Gauge gauge = 2; optional Counter counter = 3; optional Histogram histogram = 7; }
  message MetricFamily { optional string name = 1; optional string help = 2; optional MetricType type = 3; repeated Metric metric = 4; }
`);
const MetricFamily = root.lookupType('io.prometheus.client.MetricFamily');

interface Family {
  name: string;
  help: string;
  type: string;
  metric: {
    label: { name: string; value: string }[];
    gauge?: { value: number };
    counter?: { value: number; createdTimestamp: { seconds: number } };
    histogram?: PageHistogram;
  }[];
}

interface PageExemplar {
  label: { name: string; value: string }[];
  value: number;
  timestamp: { seconds: number; nanos: number };
}

interface PageHistogram {
  sampleCount: number;
  sampleSum: number;
  bucket?: { cumulativeCount: number; upperBound: number; exemplar?: PageExemplar }[];
  schema?: number;
  zeroThreshold?: number;
  zeroCount?: number;
  positiveSpan?: { offset: number; length: number }[];
  positiveDelta?: number[];
  createdTimestamp: { seconds: number; nanos: number };
  exemplars?: PageExemplar[];
}

function readPage(pieces: Iterable<Uint8Array>): Family[] {
  const reader = protobuf.Reader.create(Buffer.concat([...pieces]));
  const families: Family[] = [];
  while (reader.pos < reader.len) {
    const family = MetricFamily.decodeDelimited(reader);
    families.push(MetricFamily.toObject(family, { longs: Number, enums: String }) as Family);
  }
  return families;
}

function page(options: RedMetricsOptions, record: (metrics: RedMetrics) => void): Family[] {
  const metrics = new RedMetrics({ now: () => 1_700_000_000_250, ...options });
  record(metrics);
  return readPage(new ProtobufFormat().write(metrics.services()));
}

const NATIVE: RedMetricsOptions = {
  histogramAggregation: 'explicit_and_base2_exponential',
  exponentialHistogram: { maxScale: 8 },
};

function lasting(seconds: number, fields: Parameters<typeof aSpan>[0] = {}): ReturnType<typeof aSpan> {
  const span = aSpan(fields);
  return { ...span, endNs: span.startNs + Math.round(seconds * 1e9) };
}

/** Counts by upper bound, as a Prometheus would read them. */
function boundsOf({ schema = 0, positiveSpan = [], positiveDelta = [] }: PageHistogram): Map<number, number> {
  const bounds = new Map<number, number>();
  let [index, count, at] = [0, 0, 0];
  for (const { offset, length } of positiveSpan) {
    index += offset;
    for (let i = 0; i < length; i += 1) {
      count += positiveDelta[at++] as number;
      if (count > 0) bounds.set(2 ** (index / 2 ** schema), count);
      index += 1;
    }
  }
  expect(at).toBe(positiveDelta.length);
  return bounds;
}

const DURATION = 'http_server_request_duration_seconds';

function durationOf(families: readonly Family[]): PageHistogram {
  return families.find(({ name }) => name === DURATION)?.metric[0]?.histogram as PageHistogram;
}

describe('ProtobufFormat', () => {
  it('has families, labels, explicit buckets and the time of creation', () => {
    const spans = [lasting(0.02, { route: '/a' }), lasting(20, { route: '/a' })];
    const families = page({}, (metrics) => metrics.record(spans));
    expect(families.map(({ name, type }) => [name, type])).toEqual([
      ['target_info', 'GAUGE'],
      [DURATION, 'HISTOGRAM'],
      ['http_server_request_body_size_bytes', 'HISTOGRAM'],
      ['http_server_response_body_size_bytes', 'HISTOGRAM'],
    ]);
    const [target, duration] = families;
    expect(target?.metric[0]).toMatchObject({ gauge: { value: 1 } });
    expect(duration?.help).toBe('Duration of HTTP server requests.');
    const [metric] = duration?.metric ?? [];
    const labels = Object.fromEntries(metric?.label.map(({ name, value }) => [name, value]) ?? []);
    expect(labels).toMatchObject({ http_route: '/a', http_request_method: 'GET', service_name: 'shop', job: 'shop' });
    expect(metric?.histogram).toMatchObject({
      sampleCount: 2,
      sampleSum: 20.02,
      createdTimestamp: { seconds: 1_700_000_000, nanos: 250_000_000 },
    });
    const buckets = metric?.histogram?.bucket ?? [];
    expect(buckets.find(({ upperBound }) => upperBound === 0.025)?.cumulativeCount).toBe(1);
    expect(buckets.at(-1)).toMatchObject({ upperBound: Number.POSITIVE_INFINITY, cumulativeCount: 2 });
    expect(buckets.at(-1)?.exemplar?.label).toEqual([
      { name: 'trace_id', value: spans[1]?.traceId },
      { name: 'span_id', value: spans[1]?.spanId },
    ]);
    expect(metric?.histogram?.schema).toBeUndefined();
  });

  it('has native histograms whose every value is where Prometheus looks for it', () => {
    const seconds = fc.oneof(fc.double({ min: 1e-9, max: 1e5, noNaN: true }), fc.constantFrom(0, 1, 0.5, 2));
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 10, max: 160 }),
        (all, maxSize) => {
          const spans = all.map((each) => lasting(each, { route: '/a' }));
          const options = { ...NATIVE, exponentialHistogram: { maxScale: 8, maxSize } };
          const families = page(options, (metrics) => metrics.record(spans));
          const histogram = durationOf(families);
          const recorded = spans.map((span) => (span.endNs - span.startNs) / 1e9);
          expect(histogram.schema).toBeGreaterThanOrEqual(-4);
          expect(histogram.schema).toBeLessThanOrEqual(8);
          expect(histogram.zeroCount).toBe(recorded.filter((each) => each === 0).length);
          const factor = 2 ** (2 ** -(histogram.schema as number));
          let total = histogram.zeroCount as number;
          for (const [bound, count] of boundsOf(histogram)) {
            // Room for the rounding of the bounds, which are computed here.
            const inside = recorded.filter(
              (each) => each > (bound / factor) * (1 + 1e-12) && each <= bound * (1 + 1e-12),
            );
            const maybe = recorded.filter(
              (each) => each > (bound / factor) * (1 - 1e-12) && each <= bound * (1 + 1e-12),
            );
            expect(count).toBeGreaterThanOrEqual(inside.length);
            expect(count).toBeLessThanOrEqual(maybe.length);
            total += count;
          }
          expect(total).toBe(histogram.sampleCount);
        },
      ),
    );
  });

  it('has exemplars of native histograms, with their times', () => {
    const slow = lasting(3, { route: '/a' });
    const families = page(NATIVE, (metrics) => {
      metrics.record([slow]);
      metrics.record(Array.from({ length: 50 }, () => lasting(0.001, { route: '/a' })));
    });
    const exemplars = durationOf(families).exemplars ?? [];
    expect(exemplars).toHaveLength(2);
    expect(exemplars.find(({ value }) => value === 3)).toMatchObject({
      label: [{ value: slow.traceId }, { value: slow.spanId }],
      timestamp: { seconds: 1_700_000_000, nanos: 250_000_000 },
    });
  });

  it('has counters under their full name', () => {
    const families = page({ features: ['application_span'] }, (metrics) => metrics.record([aSpan()]));
    const calls = families.find(({ name }) => name === 'traces_spanmetrics_calls_total');
    expect(calls).toMatchObject({ type: 'COUNTER', metric: [{ counter: { value: 1, createdTimestamp: {} } }] });
  });

  it('hands on a page of many series in pieces, each whole', () => {
    const metrics = new RedMetrics(NATIVE);
    const routes = Array.from({ length: 900 }, (_, i) => `/route/${i}`);
    metrics.record(routes.map((route) => aSpan({ route, requestBodySize: 9, responseBodySize: 9 })));
    const pieces = [...new ProtobufFormat().write(metrics.services())];
    expect(pieces.filter(({ length }) => length > 0).length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(100_000);
    expect(readPage(pieces).find(({ name }) => name === DURATION)?.metric).toHaveLength(900);
  });
});

describe('nativeBuckets()', () => {
  it('closes a run only where more than two buckets are empty', () => {
    expect(nativeBuckets(-2, [3, 0, 0, 1, 0, 0, 0, 7])).toEqual({
      spans: [
        { offset: -1, length: 4 },
        { offset: 3, length: 1 },
      ],
      deltas: [3, -3, 0, 1, 6],
    });
    expect(nativeBuckets(0, [])).toEqual({ spans: [], deltas: [] });
  });
});

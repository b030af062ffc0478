import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { aGrpcSpan, aSpan, TEST_START_NS } from '../../../core/src/testing/span.ts';
import { RedMetrics } from '../red-metrics.ts';
import type { RedMetricsOptions } from '../red-metrics-options.ts';
import { exemplarsOf, splitByExemplars } from './exemplary-metrics.ts';
import { encodeExemplary } from './exemplary-protobuf.ts';

/** From the tables of opentelemetry-proto 1.x, independent of both encoders. */
const PROTO = `
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Scope { string name = 1; string version = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Exemplar { fixed64 time_unix_nano = 2; double as_double = 3; bytes span_id = 4; bytes trace_id = 5; }
message HistogramPoint {
  repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated Exemplar exemplars = 8;
  optional double min = 11; optional double max = 12;
}
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message ExponentialPoint {
  repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8; repeated Exemplar exemplars = 11;
  optional double min = 12; optional double max = 13;
}
message HistogramData { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message ExponentialData { repeated ExponentialPoint data_points = 1; int32 aggregation_temporality = 2; }
message Metric {
  string name = 1; string description = 2; string unit = 3; HistogramData histogram = 9; ExponentialData exponential_histogram = 10;
}
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message MetricRequest { repeated ResourceMetrics resource_metrics = 1; }
`;
const Request = protobuf.parse(PROTO).root.lookupType('MetricRequest');

function decoded(bytes: Uint8Array | undefined): unknown {
  const message = Request.decode(bytes ?? new Uint8Array());
  return Request.toObject(message, { longs: String, bytes: String, defaults: true });
}

/** Every exemplar, whatever holds it. */
function exemplarsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'exemplars' ? (inner as unknown[]) : exemplarsIn(inner),
  );
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** What a decoder gives, without exemplars. */
function bare(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === 'exemplars' ? undefined : inner)));
}

async function durations(options: RedMetricsOptions): Promise<ResourceMetrics> {
  const metrics = new RedMetrics({ now: () => 1_767_323_045_123, ...options });
  metrics.record([
    aSpan({ route: '/a' }),
    aSpan({ route: '/ü', statusCode: undefined }),
    aSpan({ route: '/a', endNs: TEST_START_NS + 2e9 }),
    aGrpcSpan({ endNs: TEST_START_NS }),
  ]);
  const [service] = metrics.services();
  const collected = await service?.collect();
  if (collected === undefined) throw new Error('nothing was collected');
  const resource = resourceFromAttributes({ 'service.name': 'shop', ok: true, ratio: 0.5, many: 'x'.repeat(200) });
  return splitByExemplars({ ...collected.resourceMetrics, resource }).exemplary;
}

describe('encodeExemplary()', () => {
  it.each(['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const)(
    'says the same as the official serializer, and the exemplars beside: %s',
    async (histogramAggregation) => {
      const metrics = await durations({ histogramAggregation });
      const ours = decoded(encodeExemplary(metrics));
      expect(bare(ours)).toEqual(bare(decoded(ProtobufMetricsSerializer.serializeRequest(metrics))));
      const points = metrics.scopeMetrics.flatMap((scope) =>
        scope.metrics.flatMap(({ dataPoints }) => [...dataPoints]),
      );
      const expected = points.flatMap((point) =>
        exemplarsOf(point).map(({ traceId, spanId, value }) => ({
          traceId: base64(traceId),
          spanId: base64(spanId),
          timeUnixNano: '1767323045123000000',
          asDouble: value,
        })),
      );
      expect(expected).toHaveLength(4);
      expect(exemplarsIn(ours)).toEqual(expected);
    },
  );

  it('leaves out metrics that have none', async () => {
    const metrics = await durations({ exemplarFilter: 'always_off' });
    expect(metrics.scopeMetrics).toEqual([]);
  });
});

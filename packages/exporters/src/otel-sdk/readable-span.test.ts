import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { aGrpcSpan, aSpan, TEST_START_NS } from '../../../core/src/testing/span.ts';
import { appendReadableSpans } from './readable-span.ts';

function readable(fields: Parameters<typeof aSpan>[0] = {}): ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  appendReadableSpans(aSpan(fields), emptyResource(), spans);
  return spans;
}

const START = 1_767_323_045;

describe('appendReadableSpans()', () => {
  it('makes one span of a request that did not wait', () => {
    const [span, ...more] = readable({
      traceId: '1'.repeat(32),
      spanId: '2'.repeat(16),
      parentSpanId: '3'.repeat(16),
      traceState: 'vendor=x',
      route: '/a',
      endNs: TEST_START_NS + 2_500_000_001,
    });
    expect(more).toEqual([]);
    expect(span).toMatchObject({
      name: 'GET /a',
      kind: SpanKind.SERVER,
      startTime: [START, 0],
      endTime: [START + 2, 500_000_001],
      duration: [2, 500_000_001],
      status: { code: SpanStatusCode.UNSET },
      ended: true,
      parentSpanContext: { traceId: '1'.repeat(32), spanId: '3'.repeat(16), isRemote: true },
      instrumentationScope: { name: 'beyla-for-node' },
    });
    expect(span?.spanContext()).toMatchObject({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
    expect(span?.spanContext().traceState?.get('vendor')).toBe('x');
  });

  it('makes spans of gRPC calls: kind, name, status, and the wait of a server as a child', () => {
    const spans: ReadableSpan[] = [];
    appendReadableSpans(aGrpcSpan({ readNs: TEST_START_NS + 1_000_000, grpcStatus: 13 }), emptyResource(), spans);
    appendReadableSpans(aGrpcSpan({ kind: 'grpc.client' }), emptyResource(), spans);
    expect(spans.map(({ name, kind, status }) => [name, kind, status.code])).toEqual([
      ['shop.Cart/Add', SpanKind.SERVER, SpanStatusCode.ERROR],
      ['in queue', SpanKind.INTERNAL, SpanStatusCode.UNSET],
      ['processing', SpanKind.INTERNAL, SpanStatusCode.UNSET],
      ['shop.Cart/Add', SpanKind.CLIENT, SpanStatusCode.UNSET],
    ]);
    expect(spans[0]?.attributes).toMatchObject({ 'rpc.system': 'grpc', 'rpc.grpc.status_code': 13 });
  });

  it('splits a server request that waited into `in queue` and `processing`, which fill it without a gap', () => {
    const fields = { spanId: '00000000abcdef01', readNs: TEST_START_NS + 4_000_000 };
    const [request, queue, processing] = readable(fields) as [ReadableSpan, ReadableSpan, ReadableSpan];
    expect([request.name, queue.name, processing.name]).toEqual(['GET', 'in queue', 'processing']);
    expect(queue.startTime).toEqual(request.startTime);
    expect(queue.endTime).toEqual([START, 4_000_000]);
    expect(processing.startTime).toEqual(queue.endTime);
    expect(processing.endTime).toEqual(request.endTime);
    for (const part of [queue, processing]) {
      expect(part).toMatchObject({
        kind: SpanKind.INTERNAL,
        parentSpanContext: { spanId: '00000000abcdef01' },
        attributes: {},
      });
      expect(part.spanContext().traceId).toBe(request.spanContext().traceId);
      expect(part.spanContext().spanId).toMatch(/^[0-9a-f]{16}$/);
    }
    const ids = [request, queue, processing].map((span) => span.spanContext().spanId);
    expect(new Set(ids).size).toBe(3);
    expect(readable(fields).map((span) => span.spanContext().spanId)).toEqual(ids);
  });

  it('has no parts for clients', () => {
    const spans = readable({ kind: 'http.client', readNs: TEST_START_NS + 1, parentSpanId: '3'.repeat(16) });
    expect(spans).toMatchObject([{ kind: SpanKind.CLIENT, parentSpanContext: { isRemote: false } }]);
  });

  it('is an error exactly where the conventions say so', () => {
    expect(readable({ statusCode: 503 })[0]?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(readable({ statusCode: 404 })[0]?.status).toEqual({ code: SpanStatusCode.UNSET });
  });
});

import { describe, expect, it } from 'vitest';
import type { Connection } from '../connections/connection.ts';
import { GrpcExchange } from '../protocols/http2/grpc-exchange.ts';
import { aProcess, TEST_CLOCK } from '../testing/span.ts';
import { SpanFactory } from './span-factory.ts';
import { isGrpcSpan, isHttpSpan, isServerSpan } from './span-kinds.ts';

const local = { address: '10.0.0.1', port: 50_051 };
const remote = { address: '10.0.0.2', port: 40_000 };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

function aCall(fields: Partial<GrpcExchange> = {}): GrpcExchange {
  const { role = 'server', ...others } = fields;
  const call = new GrpcExchange({ local, remote } as Connection, role);
  return Object.assign(
    call,
    {
      path: '/shop.Cart/Add',
      host: 'shop.example:50051',
      userAgent: 'grpc-node-js/1.14',
      traceparent: `00-${TRACE}-${PARENT}-01`,
      traceState: 'vendor=x',
      scheme: 'https',
      startNs: 1_000,
      startSource: 'segment',
      readNs: 2_000,
      firstByteNs: 3_000,
      endNs: 4_000,
      statusCode: 200,
      grpcStatus: 5,
      requestBodySize: 12,
      responseBodySize: 0,
    },
    others,
  );
}

describe('SpanFactory.fromExchange()', () => {
  it('makes a gRPC span of a call: name taken apart, both statuses, the trace it came with', () => {
    const span = new SpanFactory(TEST_CLOCK).fromExchange(aCall(), aProcess());
    expect(span).toMatchObject({
      kind: 'grpc.server',
      path: '/shop.Cart/Add',
      service: 'shop.Cart',
      method: 'Add',
      scheme: 'https',
      host: 'shop.example:50051',
      userAgent: 'grpc-node-js/1.14',
      protocolVersion: '2',
      grpcStatus: 5,
      httpStatusCode: 200,
      requestBodySize: 12,
      responseBodySize: 0,
      errorType: undefined,
      startNs: 1_000,
      readNs: 2_000,
      firstByteNs: 3_000,
      endNs: 4_000,
      startSource: 'segment',
      local,
      remote,
      traceId: TRACE,
      parentSpanId: PARENT,
      traceState: 'vendor=x',
    });
    expect([isGrpcSpan(span), isHttpSpan(span), isServerSpan(span)]).toEqual([true, false, true]);
  });

  it('leaves unset what is not known of a call', () => {
    const call = aCall({
      role: 'client',
      path: '',
      statusCode: 0,
      grpcStatus: -1,
      firstByteNs: 0,
      traceparent: undefined,
      error: 'connection_closed',
    });
    const span = new SpanFactory(TEST_CLOCK).fromExchange(call, aProcess());
    expect(span).toMatchObject({
      kind: 'grpc.client',
      path: '',
      service: '',
      method: '',
      grpcStatus: undefined,
      httpStatusCode: undefined,
      firstByteNs: undefined,
      parentSpanId: undefined,
      errorType: 'connection_closed',
    });
    expect(span.traceId).toMatch(/^[\da-f]{32}$/);
    expect(isServerSpan(span)).toBe(false);
  });

  it('makes spans that JSON can hold, with wall time and of the process only its pid and service', () => {
    const span = new SpanFactory(TEST_CLOCK).fromExchange(aCall(), aProcess());
    const json = JSON.parse(JSON.stringify(span));
    expect(json).toMatchObject({ kind: 'grpc.server', service: 'shop.Cart', process: { pid: 42 } });
    expect(json.endUnixMs - json.startUnixMs).toBeCloseTo(0.003, 3);
    expect(json.process).not.toHaveProperty('commandLine');
  });
});

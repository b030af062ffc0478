import type { ProcessInfo } from '../processes/process.ts';
import { Clock } from '../spans/clock.ts';
import type { GrpcRequestSpan, GrpcSpanFields, HttpRequestSpan, HttpSpanFields, SpanBase } from '../spans/span.ts';

/** 2026-01-02T03:04:05Z at monotonic 1000 s: every span made here has a wall time that a test can write down. */
export const TEST_CLOCK: Clock = new Clock(1_000_000_000_000n, 1_767_323_045_000_000_000n);

/** Monotonic nanoseconds at which spans made here start. */
export const TEST_START_NS = 1_000_000_000_000;

/** A Node service `shop`, pid 42; give what matters to the test. */
export function aProcess(fields: Partial<ProcessInfo> = {}): ProcessInfo {
  return {
    pid: 42,
    startTicks: 4_200,
    executable: '/usr/bin/node',
    commandLine: ['node', 'server.js'],
    language: 'nodejs',
    service: { name: 'shop', namespace: '', instanceId: 'testhost:42' },
    resource: {},
    ...fields,
  };
}

const TEST_PROCESS = aProcess();
let made = 0;

/** `GET /` of the service `shop`, answered 200 after 10 ms; give what matters to the test. Ids differ from span to span. */
export function aSpan(fields: Partial<HttpSpanFields> & { kind?: HttpRequestSpan['kind'] } = {}): HttpRequestSpan {
  return {
    kind: 'http.server',
    ...baseOf(fields),
    method: 'GET',
    path: '/',
    query: undefined,
    scheme: 'http',
    host: 'shop.example',
    userAgent: undefined,
    statusCode: 200,
    requestBodySize: 0,
    responseBodySize: 100,
    route: undefined,
    errorType: undefined,
    ...fields,
  };
}

/** `shop.Cart/Add` of the service `shop`, answered OK after 10 ms; give what matters to the test. Ids differ from span to span. */
export function aGrpcSpan(fields: Partial<GrpcSpanFields> & { kind?: GrpcRequestSpan['kind'] } = {}): GrpcRequestSpan {
  return {
    kind: 'grpc.server',
    ...baseOf(fields),
    protocolVersion: '2',
    path: '/shop.Cart/Add',
    service: 'shop.Cart',
    method: 'Add',
    scheme: 'http',
    host: 'shop.example',
    userAgent: undefined,
    grpcStatus: 0,
    httpStatusCode: 200,
    requestBodySize: 12,
    responseBodySize: 34,
    errorType: undefined,
    ...fields,
  };
}

function baseOf({ startNs = TEST_START_NS }: Partial<SpanBase>): SpanBase {
  made += 1;
  return {
    process: TEST_PROCESS,
    clock: TEST_CLOCK,
    traceId: made.toString(16).padStart(32, 'a'),
    spanId: made.toString(16).padStart(16, 'b'),
    parentSpanId: undefined,
    traceFlags: 1,
    traceState: undefined,
    startNs,
    readNs: startNs,
    firstByteNs: startNs + 9_000_000,
    endNs: startNs + 10_000_000,
    startSource: 'segment',
    local: { address: '10.0.0.1', port: 8080 },
    remote: { address: '10.0.0.2', port: 50_000 },
    client: undefined,
    protocolVersion: '1.1',
    attributes: undefined,
    ignore: 'none',
  };
}

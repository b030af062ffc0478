import type { ProcessInfo } from '../processes/process.ts';
import type { HttpExchange } from '../protocols/http-exchange.ts';
import type { GrpcExchange } from '../protocols/http2/grpc-exchange.ts';
import type { Exchange } from '../protocols/protocol.ts';
import type { Clock } from './clock.ts';
import { grpcNameOf } from './grpc-name.ts';
import { GrpcSpan } from './grpc-span.ts';
import { HttpSpan } from './http-span.ts';
import { RandomIds } from './random-ids.ts';
import type { RequestSpan } from './span.ts';
import { parseTraceparent } from './trace-context.ts';
import { limitTraceState } from './trace-state.ts';
import { redactTarget, withoutUserInfo } from './user-info.ts';

/** Makes spans of exchanges. */
export class SpanFactory {
  readonly #clock: Clock;
  readonly #ids = new RandomIds();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  fromExchange(exchange: Exchange, process: ProcessInfo): RequestSpan {
    return exchange.kind === 'grpc' ? this.#fromGrpc(exchange, process) : this.#fromHttp(exchange, process);
  }

  #fromGrpc(call: GrpcExchange, process: ProcessInfo): RequestSpan {
    const { connection, role, statusCode, grpcStatus, firstByteNs } = call;
    const kind = role === 'server' ? 'grpc.server' : 'grpc.client';
    const span = new GrpcSpan(kind, process, this.#clock, connection.local, connection.remote);
    const { service, method } = grpcNameOf(call.path);
    span.client = connection.client;
    span.startNs = call.startNs;
    span.startSource = call.startSource;
    span.readNs = call.readNs;
    span.firstByteNs = firstByteNs === 0 ? undefined : firstByteNs;
    span.endNs = call.endNs;
    span.path = redactTarget(call.path);
    span.service = service;
    span.method = method;
    span.scheme = call.scheme;
    span.host = call.host === undefined ? undefined : withoutUserInfo(call.host);
    span.userAgent = call.userAgent;
    span.grpcStatus = grpcStatus < 0 ? undefined : grpcStatus;
    span.httpStatusCode = statusCode === 0 ? undefined : statusCode;
    span.requestBodySize = call.requestBodySize;
    span.responseBodySize = call.responseBodySize;
    span.errorType = call.error;
    this.#setTrace(span, call);
    return span as RequestSpan;
  }

  #fromHttp(exchange: HttpExchange, process: ProcessInfo): RequestSpan {
    const { connection, role, statusCode, firstByteNs } = exchange;
    const kind = role === 'server' ? 'http.server' : 'http.client';
    const span = new HttpSpan(kind, process, this.#clock, connection.local, connection.remote);
    span.client = connection.client;
    span.startNs = exchange.startNs;
    span.startSource = exchange.startSource;
    span.readNs = exchange.readNs;
    span.firstByteNs = firstByteNs === 0 ? undefined : firstByteNs;
    span.endNs = exchange.endNs;
    span.protocolVersion = exchange.protocolVersion;
    span.method = exchange.method;
    span.path = redactTarget(exchange.path);
    span.query = exchange.query;
    span.scheme = exchange.scheme;
    span.host = exchange.host === undefined ? undefined : withoutUserInfo(exchange.host);
    span.userAgent = exchange.userAgent;
    span.statusCode = statusCode === 0 ? undefined : statusCode;
    span.requestBodySize = exchange.requestBodySize;
    span.responseBodySize = exchange.responseBodySize;
    span.errorType = exchange.error;
    this.#setTrace(span, exchange);
    return span as RequestSpan;
  }

  /**
   * The span id in a `traceparent` was made by whoever sent it: the caller's span for a request received; for a request made, the span
   * that an SDK in the program itself has for it. In both cases ours is its child, in the same trace.
   */
  #setTrace(span: HttpSpan | GrpcSpan, exchange: Exchange): void {
    span.spanId = this.#ids.spanId();
    const parent = exchange.traceparent === undefined ? undefined : parseTraceparent(exchange.traceparent);
    if (parent === undefined) {
      span.traceId = this.#ids.traceId();
      return;
    }
    span.traceId = parent.traceId;
    span.parentSpanId = parent.parentId;
    span.traceFlags = parent.flags;
    span.traceState = limitTraceState(exchange.traceState);
  }
}

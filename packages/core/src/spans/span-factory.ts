import type { ProcessInfo } from '../processes/process.ts';
import type { HttpExchange } from '../protocols/http-exchange.ts';
import type { Clock } from './clock.ts';
import { HttpSpan } from './http-span.ts';
import { RandomIds } from './random-ids.ts';
import type { RequestSpan } from './span.ts';
import { parseTraceparent } from './trace-context.ts';

/** Makes spans of exchanges. */
export class SpanFactory {
  readonly #clock: Clock;
  readonly #ids = new RandomIds();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  fromExchange(exchange: HttpExchange, process: ProcessInfo): RequestSpan {
    return this.#fromHttp(exchange, process);
  }

  #fromHttp(exchange: HttpExchange, process: ProcessInfo): RequestSpan {
    const { connection, role, statusCode, firstByteNs } = exchange;
    const kind = role === 'server' ? 'http.server' : 'http.client';
    const span = new HttpSpan(kind, process, this.#clock, connection.local, connection.remote);
    span.startNs = exchange.startNs;
    span.startSource = exchange.startSource;
    span.readNs = exchange.readNs;
    span.firstByteNs = firstByteNs === 0 ? undefined : firstByteNs;
    span.endNs = exchange.endNs;
    span.protocolVersion = exchange.protocolVersion;
    span.method = exchange.method;
    span.path = exchange.path;
    span.query = exchange.query;
    span.scheme = exchange.scheme;
    span.host = exchange.host;
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
  #setTrace(span: HttpSpan, exchange: HttpExchange): void {
    span.spanId = this.#ids.spanId();
    const parent = exchange.traceparent === undefined ? undefined : parseTraceparent(exchange.traceparent);
    if (parent === undefined) {
      span.traceId = this.#ids.traceId();
      return;
    }
    span.traceId = parent.traceId;
    span.parentSpanId = parent.parentId;
    span.traceFlags = parent.flags;
    span.traceState = exchange.traceState;
  }
}

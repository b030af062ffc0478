import type { ProcessInfo } from '../processes/process.ts';
import type { Clock } from './clock.ts';
import type { Endpoint, HttpSpanFields, SpanBase } from './span.ts';
import { spanToJson } from './span-json.ts';

/** A request received or made over HTTP. All spans of this kind have the same fields in the same order, which engines reward. */
export class HttpSpan implements HttpSpanFields {
  readonly kind: 'http.server' | 'http.client';
  readonly process: ProcessInfo;
  readonly clock: Clock;
  traceId = '';
  spanId = '';
  parentSpanId: string | undefined = undefined;
  traceFlags = 1;
  traceState: string | undefined = undefined;
  startNs = 0;
  readNs = 0;
  firstByteNs: number | undefined = undefined;
  endNs = 0;
  startSource: SpanBase['startSource'] = 'read';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  client: Endpoint | undefined = undefined;
  protocolVersion = '';
  method = '';
  path = '';
  query: string | undefined = undefined;
  scheme: 'http' | 'https' = 'http';
  host: string | undefined = undefined;
  userAgent: string | undefined = undefined;
  statusCode: number | undefined = undefined;
  requestBodySize: number | undefined = undefined;
  responseBodySize: number | undefined = undefined;
  route: string | undefined = undefined;
  errorType: string | undefined = undefined;
  attributes: Record<string, string | number | boolean> | undefined = undefined;
  ignore: 'none' | 'traces' | 'metrics' | 'all' = 'none';

  constructor(
    kind: 'http.server' | 'http.client',
    process: ProcessInfo,
    clock: Clock,
    local: Endpoint,
    remote: Endpoint,
  ) {
    this.kind = kind;
    this.process = process;
    this.clock = clock;
    this.local = local;
    this.remote = remote;
  }

  /** The fields with wall time in milliseconds since the Unix epoch, and of the process only its pid and service. */
  toJSON(): Record<string, unknown> {
    return spanToJson(this);
  }
}

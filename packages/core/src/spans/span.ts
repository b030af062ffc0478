import type { ProcessInfo } from '../processes/process.ts';
import type { Clock } from './clock.ts';

/**
 * Address and port of one end of a connection.
 *
 * @public
 */
export interface Endpoint {
  /** IPv4 dotted, IPv6 in RFC 5952 form, or the path of a Unix socket; empty where it is not known. */
  readonly address: string;
  /** 0 for a Unix socket, and where neither address nor port is known. */
  readonly port: number;
  /** Set for a Unix socket; everything else is TCP. */
  readonly transport?: 'unix';
}

/**
 * What every span has. Times are CLOCK_MONOTONIC nanoseconds; `clock` turns them into wall time. Unknown is `undefined`, never a guess.
 *
 * @public
 */
export interface SpanBase {
  readonly process: ProcessInfo;
  readonly clock: Clock;
  /** 32 lower-case hex digits. */
  traceId: string;
  /** 16 lower-case hex digits. */
  spanId: string;
  /** 16 lower-case hex digits, or undefined for a root. */
  parentSpanId: string | undefined;
  /** W3C trace flags; bit 0 = sampled. */
  traceFlags: number;
  /** W3C `tracestate` as received. */
  traceState: string | undefined;
  /** Server: arrival of the request's first byte in the socket. Client: first write of the request. */
  readonly startNs: number;
  /** Server: the program's first read of the request (start → read is time in queue). Client: same as start. */
  readonly readNs: number;
  /** First byte of the response written (server) or received (client). */
  readonly firstByteNs: number | undefined;
  /** Last byte of the response written (server) or read (client). */
  readonly endNs: number;
  /** Where startNs came from: `segment` and `established` are arrivals; `read` means the arrival was not seen. */
  readonly startSource: 'segment' | 'established' | 'read' | 'write';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Server: on whose behalf a trusted proxy connects (PROXY protocol); undefined where the other end is the client itself, as far as is known. */
  readonly client: Endpoint | undefined;
  /** `network.protocol.version`: `1.0`, `1.1`, `2`. */
  readonly protocolVersion: string;
  /** Extra attributes by decorators and processors, in OpenTelemetry names. */
  attributes: Record<string, string | number | boolean> | undefined;
  /** Signals that must not get this span (`routes.ignore_mode`, filters). */
  ignore: 'none' | 'traces' | 'metrics' | 'all';
}

/**
 * A request received or made over HTTP.
 *
 * @public
 */
export interface HttpSpanFields extends SpanBase {
  /** As sent, case kept; empty where it could not be read, e.g. on an HTTP/2 connection joined midway. */
  readonly method: string;
  /** Path of the request target, without query; `*` and authority forms as sent; empty where it could not be read. */
  readonly path: string;
  /** What follows `?`; undefined when there is none. May hold secrets: exporters redact. */
  readonly query: string | undefined;
  readonly scheme: 'http' | 'https';
  /** Value of `Host` / `:authority`; chosen by the client. */
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  /** Undefined when no response was seen. */
  readonly statusCode: number | undefined;
  /** Body bytes on the wire (after framing is taken off where it can be told); undefined when not known. */
  readonly requestBodySize: number | undefined;
  readonly responseBodySize: number | undefined;
  /** `http.route`: set by `RouteDecorator`. */
  route: string | undefined;
  /** `error.type` beyond the status code, e.g. `connection_closed`; undefined on success. */
  readonly errorType: string | undefined;
}

/**
 * A request that an observed process answered.
 *
 * @public
 */
export interface HttpServerSpan extends HttpSpanFields {
  readonly kind: 'http.server';
}

/**
 * A request that an observed process made.
 *
 * @public
 */
export interface HttpClientSpan extends HttpSpanFields {
  readonly kind: 'http.client';
}

/**
 * An HTTP request, of either side.
 *
 * @public
 */
export type HttpRequestSpan = HttpServerSpan | HttpClientSpan;

/**
 * A gRPC call received or made, of any shape: unary or streaming.
 *
 * @public
 */
export interface GrpcSpanFields extends SpanBase {
  /** `:path` of the request, `/package.Service/Method`; empty where it could not be read, e.g. on a connection joined midway. */
  readonly path: string;
  /** `package.Service`; empty where the path is not known or not of that form. */
  readonly service: string;
  /** `Method`; empty where the path is not known. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Value of `:authority`; chosen by the client. */
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  /** `grpc-status`: 0 = OK to 16 = UNAUTHENTICATED; programs may use other numbers. Undefined when no status was seen. */
  readonly grpcStatus: number | undefined;
  /** `:status`; 200 for every response of a gRPC server, whatever became of the call. Undefined when no response was seen. */
  readonly httpStatusCode: number | undefined;
  /** Bytes of all messages with their prefixes, as in DATA frames; undefined when not known. */
  readonly requestBodySize: number | undefined;
  readonly responseBodySize: number | undefined;
  /** `error.type` beyond the status, e.g. `connection_closed`; undefined where the status says it all. */
  readonly errorType: string | undefined;
}

/**
 * A gRPC call that an observed process answered.
 *
 * @public
 */
export interface GrpcServerSpan extends GrpcSpanFields {
  readonly kind: 'grpc.server';
}

/**
 * A gRPC call that an observed process made.
 *
 * @public
 */
export interface GrpcClientSpan extends GrpcSpanFields {
  readonly kind: 'grpc.client';
}

/**
 * A gRPC call, of either side.
 *
 * @public
 */
export type GrpcRequestSpan = GrpcServerSpan | GrpcClientSpan;

/**
 * One request with its response; `kind` tells the members apart. New protocols add a member.
 *
 * @example
 * ```ts
 * import type { RequestSpan } from '@beyla/core';
 *
 * function describe(span: RequestSpan): string {
 *   switch (span.kind) {
 *     case 'http.server':
 *     case 'http.client':
 *       return `${span.method} ${span.route ?? span.path}: ${span.statusCode}`;
 *     case 'grpc.server':
 *     case 'grpc.client':
 *       return `${span.service}/${span.method}: ${span.grpcStatus}`;
 *   }
 * }
 * ```
 *
 * @public
 */
export type RequestSpan = HttpRequestSpan | GrpcRequestSpan;

import type { GrpcRequestSpan, GrpcServerSpan, HttpRequestSpan, HttpServerSpan, RequestSpan } from './span.ts';

/**
 * Whether the observed process answered this request; else it made it.
 *
 * @example
 * ```ts
 * import { isServerSpan, type RequestSpan } from '@beyla/core';
 * const inboundOnly = (spans: RequestSpan[]): RequestSpan[] => spans.filter(isServerSpan);
 * ```
 *
 * @public
 */
export function isServerSpan(span: RequestSpan): span is HttpServerSpan | GrpcServerSpan {
  return span.kind === 'http.server' || span.kind === 'grpc.server';
}

/**
 * Whether this is a plain HTTP request, of any version.
 *
 * @example
 * ```ts
 * import { isHttpSpan, type RequestSpan } from '@beyla/core';
 * const statusOf = (span: RequestSpan): number | undefined => (isHttpSpan(span) ? span.statusCode : span.grpcStatus);
 * ```
 *
 * @public
 */
export function isHttpSpan(span: RequestSpan): span is HttpRequestSpan {
  return span.kind === 'http.server' || span.kind === 'http.client';
}

/**
 * Whether this is a gRPC call.
 *
 * @example
 * ```ts
 * import { isGrpcSpan, type RequestSpan } from '@beyla/core';
 * const notFound = (spans: RequestSpan[]): RequestSpan[] =>
 *   spans.filter((span) => isGrpcSpan(span) && span.grpcStatus === 5);
 * ```
 *
 * @public
 */
export function isGrpcSpan(span: RequestSpan): span is GrpcRequestSpan {
  return span.kind === 'grpc.server' || span.kind === 'grpc.client';
}

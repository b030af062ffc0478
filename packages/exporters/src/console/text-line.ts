import {
  type Endpoint,
  type GrpcRequestSpan,
  type HttpRequestSpan,
  isGrpcSpan,
  isServerSpan,
  type RequestSpan,
} from '@beyla/core';
import { hostInUrl } from '../authority.ts';
import { grpcMethod, grpcStatusName } from '../grpc.ts';

/**
 * One line for people: time, side, method, route or path, status, total, time in queue, service, peer, trace id, e.g.
 * `03:04:05.000 server GET /users/:id 200 12.3ms (queue 8.1ms) shop <- 10.0.0.2:50000 trace=0af7…`; for gRPC
 * `gRPC shop.Cart/Add OK` in place of method, path and status.
 */
export function textLine(span: RequestSpan): string {
  const server = isServerSpan(span);
  const time = new Date(span.clock.toUnixMs(span.startNs)).toISOString().slice(11, 23);
  const queueNs = server ? span.readNs - span.startNs : 0;
  return [
    time,
    server ? 'server' : 'client',
    isGrpcSpan(span) ? grpcText(span) : httpText(span),
    duration(span.endNs - span.startNs),
    ...(queueNs > 0 ? [`(queue ${duration(queueNs)})`] : []),
    printable(span.process.service.name),
    server ? '<-' : '->',
    endpoint(span.remote),
    `trace=${span.traceId}`,
  ].join(' ');
}

function httpText({ method, path, route, statusCode, errorType = 'no-response' }: HttpRequestSpan): string {
  // The wildcard says less to a person than the path.
  const place = route === undefined || route === '/**' ? path : route;
  return `${printable(method)} ${printable(place)} ${statusCode ?? printable(errorType)}`;
}

function grpcText(span: GrpcRequestSpan): string {
  const { grpcStatus, httpStatusCode, errorType = httpStatusCode ?? 'no-response' } = span;
  const outcome = grpcStatus === undefined ? printable(String(errorType)) : grpcStatusName(grpcStatus);
  return `gRPC ${printable(grpcMethod(span) ?? '?')} ${outcome}`;
}

/** Three digits at least, in the unit that fits: `85.0us`, `12.3ms`, `1.50s`. */
function duration(ns: number): string {
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)}us`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)}ms`;
  return `${(ns / 1e9).toFixed(2)}s`;
}

function endpoint({ address, port, transport }: Endpoint): string {
  return transport === 'unix' ? `unix:${printable(address)}` : `${hostInUrl(address)}:${port}`;
}

/** What came over the wire must not move the cursor of a terminal or begin a new line. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

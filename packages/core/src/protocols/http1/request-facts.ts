import type { HttpExchange } from '../http-exchange.ts';
import { textLike } from '../text.ts';
import type { RequestHead } from './head.ts';
import { splitTarget } from './target.ts';

const VERSIONS = ['1.0', '1.1'] as const;

function fieldFrom(bytes: Uint8Array, start: number, end: number, before: string | undefined): string | undefined {
  return end > start ? textLike(before ?? '', bytes, start, end) : undefined;
}

/**
 * Copies what a request head says into its exchange: the head's bytes do not outlive the batch. `before` is the request before it on the
 * connection, which mostly had the same method, host and program.
 */
export function readRequestFacts(head: RequestHead, exchange: HttpExchange, before: HttpExchange | undefined): void {
  const { bytes } = head;
  exchange.method = textLike(before?.method ?? '', bytes, head.methodStart, head.methodEnd);
  exchange.protocolVersion = VERSIONS[head.minorVersion] ?? `1.${head.minorVersion}`;
  exchange.host = fieldFrom(bytes, head.hostStart, head.hostEnd, before?.host);
  exchange.userAgent = fieldFrom(bytes, head.userAgentStart, head.userAgentEnd, before?.userAgent);
  exchange.traceparent = fieldFrom(bytes, head.traceparentStart, head.traceparentEnd, undefined);
  exchange.traceState = fieldFrom(bytes, head.tracestateStart, head.tracestateEnd, before?.traceState);
  splitTarget(head, exchange);
}

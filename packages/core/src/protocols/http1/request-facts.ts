import type { HttpExchange } from '../http-exchange.ts';
import { newText, textFrom } from '../text.ts';
import type { RequestHead } from './head.ts';
import { splitTarget } from './target.ts';

const VERSIONS = ['1.0', '1.1'] as const;

function fieldFrom(bytes: Uint8Array, start: number, end: number): string | undefined {
  return end > start ? textFrom(bytes, start, end) : undefined;
}

/** Copies what a request head says into its exchange: the head's bytes do not outlive the batch. */
export function readRequestFacts(head: RequestHead, exchange: HttpExchange): void {
  const { bytes, last } = head;
  exchange.method = textFrom(bytes, head.methodStart, head.methodEnd);
  exchange.protocolVersion = head.isLineWhole ? (VERSIONS[head.minorVersion] ?? `1.${head.minorVersion}`) : '';
  if (!head.isRepeated) readFields(head, exchange);
  else {
    exchange.host = last.host;
    exchange.userAgent = last.userAgent;
    exchange.traceparent = last.traceparent;
    exchange.traceState = last.traceState;
  }
  splitTarget(head, exchange);
}

function traceStateFrom({ bytes, tracestateStart, tracestateEnd, moreTracestate }: RequestHead): string | undefined {
  const first = fieldFrom(bytes, tracestateStart, tracestateEnd);
  if (moreTracestate.length === 0) return first;
  const lines = [first ?? ''];
  for (let i = 0; i < moreTracestate.length; i += 2) {
    lines.push(newText(bytes, moreTracestate[i] ?? 0, moreTracestate[i + 1] ?? 0));
  }
  return lines.join(',');
}

function readFields(head: RequestHead, exchange: HttpExchange): void {
  const { bytes, last, traceparentStart, traceparentEnd } = head;
  exchange.host = fieldFrom(bytes, head.hostStart, head.hostEnd);
  exchange.userAgent = fieldFrom(bytes, head.userAgentStart, head.userAgentEnd);
  if (traceparentEnd > traceparentStart && !head.isTraceparentRepeated)
    exchange.traceparent = newText(bytes, traceparentStart, traceparentEnd);
  exchange.traceState = traceStateFrom(head);
  if (!last.keep(head)) return;
  last.host = exchange.host;
  last.userAgent = exchange.userAgent;
  last.traceparent = exchange.traceparent;
  last.traceState = exchange.traceState;
}

import type { RequestSpan } from '@beyla/core';

/** A span with its ids, times and numbers, and what they grow to when they are encoded as up to three spans. */
const FIXED_BYTES = 1_200;

/**
 * About how many bytes a request takes, here and encoded, whichever is more. Texts are chosen by whoever sends requests, so spans must not
 * only be counted. A path can be sent under two names.
 */
export function spanBytes(span: RequestSpan): number {
  let texts = 2 * span.path.length + (span.host?.length ?? 0) + (span.userAgent?.length ?? 0);
  if (span.traceState !== undefined) texts += 3 * span.traceState.length;
  if (span.kind === 'http.server' || span.kind === 'http.client') {
    texts += span.method.length + 2 * (span.query?.length ?? 0) + 2 * (span.route?.length ?? 0);
  }
  for (const name in span.attributes) {
    const value = span.attributes[name];
    texts += name.length + (typeof value === 'string' ? value.length : 8);
  }
  return FIXED_BYTES + texts;
}

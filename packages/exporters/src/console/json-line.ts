import type { RequestSpan } from '@beyla/core';
import { spanAttributes, spanName, spanOutcome } from '../attributes.ts';
import type { RedactQuery } from '../redact.ts';
import type { SemanticConventions } from '../semantic-conventions.ts';

/** One JSON object, on one line without `indent`: start as an ISO time, durations in milliseconds, ids, service, and OpenTelemetry attributes. */
export function jsonLine(
  span: RequestSpan,
  conventions?: SemanticConventions,
  redact?: RedactQuery,
  indent?: number,
): string {
  return JSON.stringify(
    {
      time: new Date(span.clock.toUnixMs(span.startNs)).toISOString(),
      kind: span.kind,
      name: spanName(span),
      outcome: spanOutcome(span),
      durationMs: (span.endNs - span.startNs) / 1e6,
      queueMs: (span.readNs - span.startNs) / 1e6,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      service: span.process.service,
      pid: span.process.pid,
      attributes: spanAttributes(span, conventions, redact),
    },
    undefined,
    indent,
  );
}

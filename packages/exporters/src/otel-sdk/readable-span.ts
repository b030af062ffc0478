import { isServerSpan, type RequestSpan } from '@beyla/core';
import {
  type Attributes,
  createTraceState,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TraceState,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import { type AttributeSet, SCOPE, spanAttributes, spanName, spanOutcome } from '../attributes.ts';

/** Spans of no events and links share these; exporters only read them. */
const NO_EVENTS: TimedEvent[] = [];
const NO_LINKS: Link[] = [];
const NO_ATTRIBUTES: Attributes = {};
const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };
const ERROR: SpanStatus = { code: SpanStatusCode.ERROR };

/** A finished span as the OpenTelemetry SDK's exporters read it; built directly, because `Tracer.startSpan` costs 25 times as much. */
class FinishedSpan implements ReadableSpan {
  readonly ended = true;
  readonly events: TimedEvent[] = NO_EVENTS;
  readonly links: Link[] = NO_LINKS;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly instrumentationScope: InstrumentationScope = SCOPE;
  readonly name: string;
  readonly kind: SpanKind;
  readonly resource: Resource;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly parentSpanContext?: SpanContext;
  readonly #context: SpanContext;

  constructor(
    span: RequestSpan,
    resource: Resource,
    part: { name: string; kind: SpanKind; startNs: number; endNs: number; status: SpanStatus; attributes: Attributes },
    context: SpanContext,
    parent: SpanContext | undefined,
  ) {
    this.name = part.name;
    this.kind = part.kind;
    this.resource = resource;
    this.startTime = span.clock.toHrTime(part.startNs);
    this.endTime = span.clock.toHrTime(part.endNs);
    const durationNs = part.endNs - part.startNs;
    const seconds = Math.floor(durationNs / 1e9);
    this.duration = [seconds, durationNs - seconds * 1e9];
    this.status = part.status;
    this.attributes = part.attributes;
    this.#context = context;
    if (parent !== undefined) this.parentSpanContext = parent;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

/**
 * Appends a request as OpenTelemetry spans: the request itself, and for a server request that waited before the program read
 * it, its two parts as children: `in queue` (arrival to first read) and `processing` (first read to last byte).
 *
 * The request keeps its own span id, which is also the one in logs, exemplars and headers to services downstream. (Beyla
 * gives that id to `processing` and a random one to the request.) The ids of the parts are derived from it, so that two
 * exporters report the same ones. `attributesOf` says what attributes the request has, `limited` cuts its name.
 */
export function appendReadableSpans(
  span: RequestSpan,
  resource: Resource,
  into: ReadableSpan[],
  attributesOf: (span: RequestSpan) => AttributeSet = spanAttributes,
  limited: (text: string) => string = (text) => text,
): void {
  const server = isServerSpan(span);
  const traceState = span.traceState === undefined ? undefined : createTraceState(span.traceState);
  const context = contextOf(span, span.spanId, traceState, false);
  // The parent of a server request is in the process that sent it; a client request's is in the same process.
  const parent = span.parentSpanId === undefined ? undefined : contextOf(span, span.parentSpanId, traceState, server);
  const request = {
    name: limited(spanName(span)),
    kind: server ? SpanKind.SERVER : SpanKind.CLIENT,
    startNs: span.startNs,
    endNs: span.endNs,
    status: spanOutcome(span) === 'error' ? ERROR : UNSET,
    attributes: attributesOf(span),
  };
  into.push(new FinishedSpan(span, resource, request, context, parent));
  if (!server || span.readNs <= span.startNs) return;
  const part = (name: string, mask: number, startNs: number, endNs: number): void => {
    const fields = { name, kind: SpanKind.INTERNAL, startNs, endNs, status: UNSET, attributes: NO_ATTRIBUTES };
    into.push(
      new FinishedSpan(
        span,
        resource,
        fields,
        contextOf(span, derivedId(span.spanId, mask), traceState, false),
        context,
      ),
    );
  };
  part('in queue', QUEUE_MASK, span.startNs, span.readNs);
  part('processing', PROCESSING_MASK, span.readNs, span.endNs);
}

const QUEUE_MASK = 0x9e3779b9;
const PROCESSING_MASK = 0x85ebca6b;

/** Another id, as unlikely to meet a third as a random one: the upper half with some bits turned. */
function derivedId(spanId: string, mask: number): string {
  const upper = (Number.parseInt(spanId.slice(0, 8), 16) ^ mask) >>> 0;
  return upper.toString(16).padStart(8, '0') + spanId.slice(8);
}

function contextOf(
  span: RequestSpan,
  spanId: string,
  traceState: TraceState | undefined,
  isRemote: boolean,
): SpanContext {
  const context: SpanContext = { traceId: span.traceId, spanId, traceFlags: span.traceFlags, isRemote };
  if (traceState !== undefined) context.traceState = traceState;
  return context;
}

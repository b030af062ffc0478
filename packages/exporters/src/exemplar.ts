import type { RequestSpan } from '@beyla/core';

/**
 * A measured value with the trace it belongs to.
 *
 * @public
 */
export interface Exemplar {
  readonly value: number;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** Unix milliseconds when it was counted. */
  readonly unixMs: number;
}

/**
 * Which requests may become exemplars: none, those whose trace is sampled, or all (OpenTelemetry metrics SDK, exemplar filters).
 *
 * @public
 */
export type ExemplarFilter = 'always_off' | 'trace_based' | 'always_on';

const SAMPLED = 1;

/** The filter as a mask for trace flags that must not give 0, or undefined for none at all. */
export function exemplarMask(filter: ExemplarFilter): number | undefined {
  if (filter === 'always_off') return undefined;
  return filter === 'trace_based' ? SAMPLED : 0;
}

/** Whether the request may become an exemplar. */
export function isExemplary(span: RequestSpan, mask: number | undefined): boolean {
  // A trace that is not exported leads nowhere.
  return mask !== undefined && (mask === 0 || ((span.traceFlags & mask) !== 0 && span.ignore === 'none'));
}

/** An exemplar that is written over, so that the hot path makes none. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Makes the request the exemplar of a bucket. */
export function setExemplar(
  exemplars: (Mutable<Exemplar> | undefined)[],
  bucket: number,
  value: number,
  span: RequestSpan,
  nowMs: number,
): void {
  const exemplar = exemplars[bucket];
  if (exemplar === undefined) {
    exemplars[bucket] = { value, traceId: span.traceId, spanId: span.spanId, unixMs: nowMs };
    return;
  }
  exemplar.value = value;
  exemplar.traceId = span.traceId;
  exemplar.spanId = span.spanId;
  exemplar.unixMs = nowMs;
}

/**
 * What is counted between a record and its span. A name says the stage and the reason; docs/drops.md lists them from here.
 *
 * @public
 */
export const COUNTER_REASONS = {
  'records.turn': 'Records of turns that were decoded.',
  'records.chunk': 'Records of single I/O calls (stream mode) that were decoded.',
  'records.malformed': 'Records that could not be decoded: wrong size, ABI version or kind.',
  'spans': 'Spans that were delivered.',
  'process.unknown': 'Exchanges whose process is not, or no longer, a selected one.',
  'turn_gap': 'Turns missing between two turns of one connection: the ring was full.',
  'turns.late': 'Records of a turn that came after the turn was given up or finished, and would have changed it.',
  'connections.evicted': 'Connections forgotten, least recently used first, because the table was full.',
  'connections.expired': 'Connections forgotten because nothing was heard of them for a long time.',
  'connections.vanished': 'Connections whose closing was not reported, found by a look at the kernel.',
  'connections.joined_midway': 'Connections whose first known turn is not their first.',
  'protocol.unknown': 'Connections that no protocol recognised; nothing more is reported of them.',
  'protocol.undetected_turns': 'Turns of connections before their protocol was recognised, or that never was.',
  'http1.request_line_truncated': 'Requests whose target was longer than the capture limit: the path of the span is cut.',
  'http1.response_without_request': 'Responses whose request was not seen (lost, or before the tracer).',
  'http1.response_lost': 'Requests whose response was lost: no span.',
  'http1.request_unreadable': 'Turns or calls in the request direction that are not a request.',
  'http1.response_unreadable': 'Turns or calls in the response direction that are not the expected response.',
  'http1.request_incomplete': 'Requests given up before their head was whole.',
  'http1.status_unknown': 'Spans without a status code because the bytes of the response could not be captured.',
  'http1.pipelined_merged': 'Pipelined requests or responses that merged in one turn and cannot be told apart.',
  'http1.stream_unsynced': 'I/O calls in the request direction skipped until requests and responses could be told apart again.',
  'http1.ended_early': 'Spans that ended after a long silence although more bytes of the response came later.',
  'http1.gave_up': 'Connections that stopped to look like HTTP/1; nothing more is reported of them.',
} as const;

/** @public */
export type CounterReason = keyof typeof COUNTER_REASONS;

/** Counts by reason; one instance is shared by all stages of an interpreter. */
export class Counters {
  readonly #counts: Record<CounterReason, number>;

  constructor() {
    const reasons = Object.keys(COUNTER_REASONS) as CounterReason[];
    this.#counts = Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<CounterReason, number>;
  }

  add(reason: CounterReason, count = 1): void {
    this.#counts[reason] += count;
  }

  /** A copy, by reason. */
  snapshot(): Record<CounterReason, number> {
    return { ...this.#counts };
  }
}

/** Requests that did not become a span. Requests on the wire = spans + the sum of these, up to requests still under way. */
const LOST_REQUESTS = {
  'records.malformed': 'Records that could not be decoded: wrong size, ABI version or kind.',
  'process.unknown': 'Exchanges whose process is not, or no longer, a selected one.',
  'connections.unseen':
    'Requests of closed connections of which nothing found room on the ring, or too little to tell what they were.',
  'connections.unread':
    'Connections of no known protocol on which something was said, where requests would be, that could not be captured (splice, several messages of one call); each stands for one request or more, or none.',
  'http1.request_lost': 'Requests whose turn found no room on the ring.',
  'http1.response_lost': 'Requests whose response found no room on the ring, or that were forgotten before it came.',
  'http1.response_without_request': 'Responses to requests from before the tracer, or that it did not see.',
  'http1.request_unreadable': 'Turns or calls in the direction of the requests that are none, or were not captured.',
  'http1.request_incomplete': 'Requests given up before their head was whole.',
  'http1.pipelined_merged':
    'Pipelined messages that merged in one turn and cannot be told apart; at least so many requests.',
  'http1.stream_unsynced':
    'Requests that went by until requests and responses were in step again, as many as either side tells of; at least so many.',
  'http2.request_lost':
    'Requests whose first frame found no room on the ring, or was never whole; the stream ids tell.',
  'http2.response_lost':
    'Requests whose response, or some of it, found no room on the ring, or that were forgotten before it came.',
  'http2.response_without_request': 'Responses to requests from before the tracer.',
  'http2.request_unknown':
    'Requests whose method, or whether they are gRPC, is named by what was said before the tracer or found no room on the ring.',
  'http2.request_malformed': 'Header blocks in the direction of the requests that are no requests.',
  'http2.streams_evicted': 'Requests given up, oldest first, because too many streams of a connection were open.',
} as const;

/** What happened on the way, beside. */
const EVENTS = {
  spans: 'Spans made.',
  'records.turn': 'Records of turns that were decoded.',
  'records.chunk': 'Records of single I/O calls (stream mode) that were decoded.',
  'records.head': 'Records of heads that are longer than the prefix of their turn.',
  'heads.evicted': 'Heads of which the rest was forgotten before their turn came, because too many were waiting.',
  turn_gap: 'Turns, or pieces of calls, missing on a connection: the ring was full.',
  'turns.late': 'Records that came after their turn was given up or finished.',
  'connections.evicted': 'Connections forgotten, least recently used first, because the table was full.',
  'connections.expired': 'Connections forgotten because nothing was heard of them for a long time.',
  'connections.vanished': 'Connections whose closing was not reported, found by a look at the kernel.',
  'connections.joined_midway': 'Connections that were forgotten and then heard of again.',
  'protocol.unknown': 'Connections that no protocol recognised; nothing more is reported of them.',
  tunnels:
    'Tunnels that CONNECT opened; the CONNECT is a span, and what the tunnel carries is looked at as if it were a connection of its own.',
  'tunnels.unknown':
    'Of them, those of whose inside nothing was understood: ciphertext that a proxy passes on, or that no tap sees into, or another protocol.',
  'protocol.undetected_turns': 'Turns of connections before their protocol was recognised, or that never was.',
  'http1.request_line_truncated':
    'Requests whose target was longer than what is captured: the path of their span is empty, or, if that was whole, its query is left out.',
  'http1.response_unreadable': 'Turns in the direction of the responses that are not the expected response.',
  'http1.end_lost':
    'Responses whose last report found no room on the ring: endNs of their span is that of the last byte known of, and the size of their body is left out.',
  'http1.status_unknown': 'Spans without a status code because the bytes of the response could not be captured.',
  'http1.ended_early': 'Responses that were taken to be over, and went on after all: endNs of their span is too early.',
  'http1.gave_up': 'Connections that stopped to look like HTTP/1; nothing more is reported of them.',
  'http2.gap': 'Directions of HTTP/2 connections of which bytes are missing that matter; frames are looked for again.',
  'http2.malformed': 'Frames or header blocks that are none; frames are looked for again.',
  'http2.field_unknown':
    'Header fields named by what was said before the tracer, or by what found no room on the ring: they are unset.',
  'http2.path_unknown': 'Spans without a path, for that reason.',
  'http2.status_unknown': 'Spans without a status code, for that reason.',
  'http2.gave_up': 'Connections that stopped to look like HTTP/2; nothing more is reported of them.',
} as const;

/** What is counted between a record and its span, with what it means. A name says the stage and the reason. */
export const COUNTER_REASONS: Readonly<Record<CounterReason, string>> = { ...LOST_REQUESTS, ...EVENTS };

/** Those of the reasons that stand for lost requests. */
export type DropReason = keyof typeof LOST_REQUESTS;

/** Name of a counter. */
export type CounterReason = DropReason | keyof typeof EVENTS;

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

  /** Lost requests, by reason. */
  drops(): Record<DropReason, number> {
    const reasons = Object.keys(LOST_REQUESTS) as DropReason[];
    return Object.fromEntries(reasons.map((reason) => [reason, this.#counts[reason]])) as Record<DropReason, number>;
  }
}

/**
 * The words, from the wire up:
 *
 * - *bytes*: what was captured of a connection, by direction.
 * - *turn*: all that one side says before the other side speaks. What the kernel reports.
 * - *message*: one side's complete utterance by the rules of its protocol, e.g. an HTTP request with its body. A turn may hold several
 *   messages (pipelining) and a message may take several turns (`Expect: 100-continue`).
 * - *exchange*: a request with its response, or one of them with a reason why the other is missing. What becomes a span.
 *
 * To add a protocol: a folder with a `ProtocolParser`, one line in `registry.ts`, and, for a new kind of exchange, its member of
 * `Exchange` with its conversion in `spans/from-exchange.ts`.
 */
import type { Connection } from '../connections/connection.ts';
import type { Turn } from '../connections/turn.ts';
import type { TurnConsumer } from '../connections/turn-consumer.ts';
import type { CounterReason } from '../counters.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { HttpExchange } from './http-exchange.ts';
import type { GrpcExchange } from './http2/grpc-exchange.ts';

/** What a protocol made of its messages; `kind` tells which. */
export type Exchange = HttpExchange | GrpcExchange;

/**
 * What user space wants the kernel to report of a connection: turns (the default), every I/O call with its bytes, or nothing but its close.
 *
 * @public
 */
export type Verdict = 'turns' | 'stream' | 'ignore';

/** Which side of the connection the observed process is on. */
export type Role = 'server' | 'client';

/**
 * Tells the kernel what to report; every `RecordSource` is one.
 *
 * @public
 */
export interface VerdictSink {
  setVerdict(connection: number, verdict: Verdict): void;
}

/** What a protocol may ask of the stages around it. */
export interface ProtocolHost {
  /** Told by whoever keeps bytes or texts until more comes. */
  readonly held: HeldBytes;
  /** Delivers an exchange, which must not be changed afterwards. */
  exchange(exchange: Exchange): void;
  /** `ignore` also ends the deliveries to this consumer. */
  setVerdict(connection: Connection, verdict: Verdict): void;
  /** What follows on this connection is no more of its protocol, but may be of any: `last` is the turn, or piece, that ends it. */
  tunnel(connection: Connection, last: Turn): void;
  /** The other side says that it connects on behalf of `client`. */
  onBehalf(connection: Connection, client: NonNullable<Connection['client']>): void;
  count(reason: CounterReason, count?: number): void;
}

/** Whether bytes are of a protocol: yes, no, or too few to tell. */
export type Detection = 'match' | 'mismatch' | 'more';

/** The state of a protocol on one connection. */
export type ProtocolConnection = TurnConsumer;

/** A protocol. Stateless; what it remembers is in its `ProtocolConnection`s. Neither may throw, whatever the bytes. */
export interface ProtocolParser {
  /** Lower case, as in `network.protocol.name`. */
  readonly name: string;
  /** Both sides may speak at once: what the other side said before the match is delivered too, first. */
  readonly isDuplex?: boolean;
  /** Looks at the first bytes of a turn, of either direction; of a connection that is older than the tracer they may be any. */
  detect(bytes: Uint8Array, start: number, end: number, isMidstream: boolean): Detection;
  /** `first`: the turn, or piece, that matched; it is delivered next. */
  open(connection: Connection, host: ProtocolHost, first: Turn): ProtocolConnection;
}

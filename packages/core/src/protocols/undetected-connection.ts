import type { Connection } from '../connections/connection.ts';
import type { Turn } from '../connections/turn.ts';
import type { TurnConsumer } from '../connections/turn-consumer.ts';
import { RECORD_FLAG } from '../events/layout.gen.ts';
import type { ProtocolHost, ProtocolParser } from './protocol.ts';

/** Turns without a match after which a connection is given up; more where the first ones may be the middle of a body. */
const TURNS_MAX = 2;
const MIDSTREAM_TURNS_MAX = 16;
/** Bytes of calls that are put together to be recognised. */
const JOINED_MAX = 1024;

/** A connection whose protocol is not known yet: asks each protocol in turn and then makes way for the one that matches. */
export class UndetectedConnection implements TurnConsumer {
  readonly #connection: Connection;
  readonly #host: ProtocolHost;
  readonly #protocols: readonly ProtocolParser[];
  #seq = 0;
  #turns = 0;
  #isMidstream = false;
  #missing = 0;
  #joined: Turn | undefined;

  constructor(connection: Connection, host: ProtocolHost, protocols: readonly ProtocolParser[]) {
    this.#connection = connection;
    this.#host = host;
    this.#protocols = protocols;
  }

  turn(turn: Turn): boolean {
    const consumer = this.#detect(turn);
    return consumer === undefined || consumer.turn(turn);
  }

  /** Pieces of one direction are put together until they are enough to tell. */
  chunk(chunk: Turn): void {
    const joined = this.#join(chunk);
    const detection = this.#detectBytes(joined.data, joined.prefixStart, joined.prefixEnd);
    this.#joined = detection === 'more' && joined.prefixEnd < JOINED_MAX ? joined : undefined;
    if (detection === 'more') return;
    if (detection !== 'mismatch') {
      this.#become(detection).chunk(joined);
      return;
    }
    if (this.#seq !== 0) this.#passed();
    this.#seq = chunk.seq;
  }

  gap(missing: number): void {
    this.#isMidstream = true;
    this.#missing += missing;
  }

  close(): void {
    this.forget();
  }

  forget(): void {
    if (this.#seq !== 0) this.#host.count('protocol.undetected_turns');
  }

  #detect(turn: Turn): TurnConsumer | undefined {
    if (turn.seq !== this.#seq && this.#seq !== 0) this.#passed();
    const detection = this.#detectBytes(turn.data, turn.prefixStart, turn.prefixEnd);
    if (detection !== 'more' && detection !== 'mismatch') return this.#become(detection);
    // A turn counts as unknown when the next one begins: until then it may still grow into something.
    this.#seq = turn.seq;
    if ((turn.flags & RECORD_FLAG.MIDSTREAM) !== 0) this.#isMidstream = true;
    return undefined;
  }

  #join(chunk: Turn): Turn {
    const joined = chunk.copy();
    const before = this.#joined;
    if (before === undefined || before.direction !== chunk.direction) return joined;
    joined.data = Uint8Array.from([...before.data, ...joined.data]);
    joined.prefixEnd = joined.data.length;
    joined.sizeBytes = chunk.offsetBytes + chunk.sizeBytes - before.offsetBytes;
    joined.offsetBytes = before.offsetBytes;
    joined.arrivedNs = before.arrivedNs;
    joined.firstNs = before.firstNs;
    joined.flags = before.flags;
    return joined;
  }

  /** The protocol that matches; `more` where one may still match. */
  #detectBytes(bytes: Uint8Array, start: number, end: number): ProtocolParser | 'more' | 'mismatch' {
    let outcome: 'more' | 'mismatch' = 'mismatch';
    for (const protocol of this.#protocols) {
      const detection = protocol.detect(bytes, start, end);
      if (detection === 'match') return protocol;
      if (detection === 'more') outcome = 'more';
    }
    return outcome;
  }

  #become(protocol: ProtocolParser): TurnConsumer {
    const consumer = protocol.open(this.#connection, this.#host);
    this.#connection.consumer = consumer;
    if (this.#missing > 0) consumer.gap(this.#missing);
    return consumer;
  }

  #passed(): void {
    this.#seq = 0;
    this.#turns += 1;
    this.#host.count('protocol.undetected_turns');
    if (this.#turns !== (this.#isMidstream ? MIDSTREAM_TURNS_MAX : TURNS_MAX)) return;
    this.#host.count('protocol.unknown');
    this.#host.setVerdict(this.#connection, 'ignore');
  }
}

import type { Connection } from '../connections/connection.ts';
import { requestsOf } from '../connections/early-closes.ts';
import { Turn } from '../connections/turn.ts';
import type { TurnConsumer } from '../connections/turn-consumer.ts';
import { DIRECTION, RECORD_FLAG, ROLE } from '../events/layout.gen.ts';
import type { Detection, ProtocolHost, ProtocolParser } from './protocol.ts';
import { HEADER_OPEN, NO_HEADER, proxyHeaderLength } from './proxy/proxy-header.ts';
import { proxySource } from './proxy/proxy-source.ts';

/** Turns without a match after which a connection is given up; more where the first ones may be the middle of a body. */
const TURNS_MAX = 2;
const MIDSTREAM_TURNS_MAX = 16;
/** Bytes of one direction that are put together to be recognised. */
const JOINED_MAX = 1024;

/** A connection whose protocol is not known yet: asks each protocol in turn and then makes way for the one that matches. */
export class UndetectedConnection implements TurnConsumer {
  readonly #connection: Connection;
  readonly #host: ProtocolHost;
  readonly #protocols: readonly ProtocolParser[];
  #seq = 0;
  #turns = 0;
  #isMidstream = false;
  /** Pieces of this direction were seen. */
  readonly #hasPieces: [boolean, boolean] = [false, false];
  /** The kernel found HTTP/2 in a beginning that was lost, or knows of frames: sooner or later one will tell. */
  #isFramed = false;
  #missing = 0;
  /** What may have been a request could not be captured. */
  #isUnread = false;
  /** By direction: what some protocol could not rule out. */
  readonly #early: [Turn | undefined, Turn | undefined] = [undefined, undefined];
  /** Inside of a tunnel: the number of the turn that opened it, which may go on. */
  readonly #tunnelSeq: number | undefined;

  /** `opening`: what ended with the answer that opened a tunnel; the connection is its inside. */
  constructor(connection: Connection, host: ProtocolHost, protocols: readonly ProtocolParser[], opening?: Turn) {
    this.#connection = connection;
    this.#host = host;
    this.#protocols = protocols;
    this.#tunnelSeq = opening?.seq;
    // What was forgotten and is heard of again goes on in the middle.
    this.#isMidstream = connection.isReturning && opening === undefined;
  }

  turn(turn: Turn): boolean {
    if (turn.seq === this.#tunnelSeq) return true;
    if (turn.seq !== this.#seq && this.#seq !== 0) this.#passed();
    if ((turn.flags & RECORD_FLAG.MIDSTREAM) !== 0) this.#isMidstream = true;
    this.#noteUnread(turn);
    const length = this.#isFirst(turn) ? this.#proxyHeader(turn) : NO_HEADER;
    // Nothing is behind the header yet, or not even all of it is there.
    if (length === HEADER_OPEN || (length > 0 && length === turn.sizeBytes)) {
      this.#seq = turn.seq;
      return true;
    }
    const said = length > 0 ? behind(turn, length) : turn;
    const detection = this.#detect(said);
    if (detection !== 'more' && detection !== 'mismatch') return this.#become(detection, said).turn(said);
    this.#early[turn.direction] = detection === 'more' ? turn.copy() : undefined;
    // A turn counts as unknown when the next one begins: until then it may still grow into something.
    this.#seq = turn.seq;
    return true;
  }

  /** The turn in which a load balancer would say on whose behalf it connects. */
  #isFirst({ seq, direction, offsetBytes }: Turn): boolean {
    return seq === 1 && direction === DIRECTION.IN && offsetBytes === 0 && this.#connection.role === ROLE.SERVER;
  }

  #proxyHeader({ data, prefixStart, prefixEnd }: Turn): number {
    const length = proxyHeaderLength(data, prefixStart, prefixEnd);
    const client = length > 0 ? proxySource(data, prefixStart, prefixStart + length) : undefined;
    if (client !== undefined) this.#host.onBehalf(this.#connection, client);
    return length;
  }

  /** Pieces of one direction are put together until they are enough to tell. */
  chunk(chunk: Turn): void {
    if ((chunk.flags & RECORD_FLAG.MIDSTREAM) !== 0) this.#isMidstream = true;
    else if (chunk.offsetBytes > 0 && !this.#hasPieces[chunk.direction]) this.#isFramed = true;
    if ((chunk.flags & RECORD_FLAG.FRAME) !== 0) this.#isFramed = true;
    this.#hasPieces[chunk.direction] = true;
    this.#noteUnread(chunk);
    const joined = this.#join(chunk);
    const detection = this.#detect(joined);
    if (detection !== 'more' && detection !== 'mismatch') {
      this.#become(detection, joined).chunk(joined);
      return;
    }
    this.#early[chunk.direction] = detection === 'more' && joined.prefixEnd < JOINED_MAX ? joined : undefined;
    if (detection === 'more') return;
    if (this.#seq !== 0) this.#passed();
    this.#seq = chunk.seq;
  }

  gap(missing: number): void {
    this.#isMidstream = true;
    this.#missing += missing;
  }

  close(): void {
    // The kernel knew that it was HTTP/2; what did not get lost of it is too little to tell.
    if (this.#connection.lastStream > 0) {
      this.#host.count('connections.unseen', requestsOf(this.#connection));
      this.#isUnread = false;
    }
    this.forget();
  }

  forget(): void {
    if (this.#tunnelSeq !== undefined) this.#host.count('tunnels.unknown');
    else if (this.#seq !== 0) this.#host.count('protocol.undetected_turns');
    this.#giveUpUnread();
  }

  /** Nothing tells how many requests there were, nor whether they were any. */
  #giveUpUnread(): void {
    if (this.#isUnread && this.#tunnelSeq === undefined) this.#host.count('connections.unread');
  }

  #noteUnread({ flags, direction }: Turn): void {
    const { role } = this.#connection;
    const isAnswer = role !== ROLE.UNKNOWN && direction === (role === ROLE.SERVER ? DIRECTION.OUT : DIRECTION.IN);
    if ((flags & RECORD_FLAG.NO_PREFIX) !== 0 && !isAnswer) this.#isUnread = true;
  }

  #join(chunk: Turn): Turn {
    const joined = chunk.copy();
    const before = this.#early[chunk.direction];
    if (before === undefined || before.offsetBytes + before.prefixEnd !== chunk.offsetBytes) return joined;
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
  #detect({ data, prefixStart, prefixEnd }: Turn): ProtocolParser | Exclude<Detection, 'match'> {
    let outcome: 'more' | 'mismatch' = 'mismatch';
    for (const protocol of this.#protocols) {
      const detection = protocol.detect(data, prefixStart, prefixEnd, this.#isMidstream);
      if (detection === 'match') return protocol;
      if (detection === 'more') outcome = 'more';
    }
    return outcome;
  }

  #become(protocol: ProtocolParser, first: Turn): TurnConsumer {
    const consumer = protocol.open(this.#connection, this.#host, first);
    this.#connection.consumer = consumer;
    if (this.#missing > 0) consumer.gap(this.#missing);
    const other = this.#early[1 - first.direction];
    if (other === undefined || protocol.isDuplex !== true) return consumer;
    if (other.isPiece) consumer.chunk(other);
    else consumer.turn(other);
    return consumer;
  }

  #passed(): void {
    this.#seq = 0;
    this.#turns += 1;
    if (this.#tunnelSeq === undefined) this.#host.count('protocol.undetected_turns');
    if (this.#isFramed || this.#turns !== (this.#isMidstream ? MIDSTREAM_TURNS_MAX : TURNS_MAX)) return;
    this.#host.count(this.#tunnelSeq === undefined ? 'protocol.unknown' : 'tunnels.unknown');
    this.#giveUpUnread();
    this.#host.setVerdict(this.#connection, 'ignore');
  }
}

/** A turn without its first `length` bytes. It arrived with them, as far as is known. */
function behind(turn: Turn, length: number): Turn {
  const rest = Object.assign(new Turn(), turn);
  rest.prefixStart += length;
  rest.offsetBytes += length;
  rest.sizeBytes -= length;
  return rest;
}

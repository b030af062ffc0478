import type { Turn } from '../../connections/turn.ts';
import { RECORD_FLAG } from '../../events/layout.gen.ts';
import { HttpExchange } from '../http-exchange.ts';
import { detectRequest } from './detect.ts';
import { type Framing, requestFraming } from './framing.ts';
import { RequestHead } from './head.ts';
import { type MessageHandler, MessageReader } from './message-reader.ts';
import type { Pairing } from './pairing.ts';
import { parseRequestHead } from './parse-request.ts';
import { readRequestFacts } from './request-facts.ts';
import { endsWithLastChunk } from './tail.ts';

/** Silence after which requests and responses are taken to be in step again. */
const RESYNC_QUIET_NS = 200e6;

/** The direction of the requests: finds them and queues them. */
export class RequestSide implements MessageHandler {
  readonly reader: MessageReader<RequestHead>;
  readonly #pairing: Pairing;
  /** The request whose body is being read. */
  #receiving: HttpExchange | undefined = undefined;
  #seq = 0;
  #requestsInTurn = 0;

  constructor(pairing: Pairing) {
    this.#pairing = pairing;
    this.reader = new MessageReader(new RequestHead(), parseRequestHead, this);
  }

  /** Whether the turn is understood so far. */
  turn(turn: Turn): boolean {
    if (turn.seq !== this.#seq) {
      this.#seq = turn.seq;
      this.#requestsInTurn = 0;
      this.reader.beginTurn(turn);
      if (this.#pairing.isTainted) {
        // Unknown requests are before this one: it cannot be queued.
        this.#pairing.count('http1.pipelined_merged');
        this.reader.goBlind('unseen');
      } else if (this.reader.state === 'blind' && !this.#isContinuation(turn)) {
        this.reader.reset();
      }
    }
    this.#read(turn);
    const isEndOfChunks = this.reader.state === 'blind' && this.reader.blindReason === 'chunked';
    if (turn.final && isEndOfChunks && endsWithLastChunk(turn.tailLow, turn.tailHigh)) {
      this.reader.reset();
      this.#receiving = undefined;
    }
    return this.reader.isBetweenMessages || this.reader.state === 'blind';
  }

  chunk(piece: Turn): void {
    this.#requestsInTurn = 0;
    this.#read(piece);
    if (this.reader.state === 'blind' && !this.#pairing.isLost) this.#pairing.lose(piece, 1);
  }

  /** Whether a turn, or the first piece of a call, is where pairing may begin anew. */
  mayResync(turn: Turn): boolean {
    const { lastTrafficNs, lastTrafficWasResponse } = this.#pairing;
    if (!lastTrafficWasResponse || turn.seq === this.#seq || (turn.flags & RECORD_FLAG.CONTINUED) !== 0) return false;
    const beganNs = turn.arrivedNs > 0 ? turn.arrivedNs : turn.firstNs;
    if (beganNs - lastTrafficNs < RESYNC_QUIET_NS) return false;
    return detectRequest(turn.data, turn.prefixStart, turn.prefixEnd) === 'match';
  }

  /** Counts a turn, or a call, that goes by while pairing is lost. */
  skip(turn: Turn): void {
    const isNews = turn.isPiece ? (turn.flags & RECORD_FLAG.CONTINUED) === 0 : turn.seq !== this.#seq;
    this.#seq = turn.seq;
    if (isNews) this.#pairing.count(turn.isPiece ? 'http1.stream_unsynced' : 'http1.pipelined_merged');
  }

  reset(): void {
    this.reader.reset();
    this.reader.position = -1;
    this.#receiving = undefined;
    this.#requestsInTurn = 0;
  }

  /** The connection is over: a head that never became whole is no request. */
  close(): void {
    if (this.reader.isInHead) this.#pairing.count('http1.request_incomplete');
  }

  /** A response came although no request is pending: what was there of a head is given up. */
  giveUpHead(): void {
    if (!this.reader.isInHead) return;
    this.#pairing.count('http1.request_incomplete');
    this.#pairing.accounted = 1;
    this.reader.reset();
  }

  /** Requests that began in the last turn. */
  get requestsInTurn(): number {
    return this.#requestsInTurn;
  }

  get isInBody(): boolean {
    return this.reader.state === 'length' || this.reader.state === 'chunked';
  }

  onHead(turn: Turn, isCut: boolean): Framing {
    const { head } = this.reader;
    const pairing = this.#pairing;
    if (pairing.isLost) return 'unknown';
    if (head.methodEnd === 0) {
      this.onUnseen(turn);
      return 'unknown';
    }
    const exchange = new HttpExchange(pairing.connection, pairing.role);
    readRequestFacts(head, exchange);
    this.#readStart(turn, exchange);
    if (!head.isLineWhole) pairing.count('http1.request_line_truncated');
    if (!pairing.add(exchange)) {
      pairing.lose(turn, 1);
      return 'unknown';
    }
    this.#receiving = exchange;
    this.#requestsInTurn += 1;
    if (isCut) {
      if (head.transferCoding === 'none' && head.contentLength >= 0) exchange.requestBodySize = head.contentLength;
      // More may follow the cut head than its body, since something already came before it.
      if (this.#requestsInTurn > 1) pairing.taint();
    }
    return requestFraming(head);
  }

  onEnd(): void {
    if (this.#receiving === undefined) return;
    this.#receiving.requestBodySize = this.reader.bodyBytes;
    this.#receiving = undefined;
  }

  onUnseen(turn: Turn): void {
    if (this.#pairing.isLost) return;
    if (turn.isPiece) this.#pairing.lose(turn, 1);
    else if (this.#pairing.pending.length > 0) this.#pairing.taint();
    else this.#pairing.unseenRequest();
  }

  onUnreadable(turn: Turn): void {
    if (this.#pairing.isLost) return;
    if (!turn.isPiece && this.#pairing.pending.length > 0) this.#pairing.taint();
    else this.#pairing.unreadable('http1.request_unreadable');
  }

  #read(turn: Turn): void {
    this.reader.read(turn);
    const receiving = this.#receiving;
    if (receiving !== undefined && this.reader.state !== 'blind') receiving.requestBodySize = this.reader.bodyBytes;
    else if (receiving !== undefined && this.reader.blindReason === 'chunked') receiving.requestBodySize = undefined;
  }

  /** Whether a turn that follows a body of unknown length goes on with it. */
  #isContinuation(turn: Turn): boolean {
    const receiving = this.#receiving;
    if (receiving === undefined) return false;
    if (receiving.isContinued && !receiving.isAnswered) return true;
    const captured = turn.prefixEnd - turn.prefixStart;
    return captured > 0 && detectRequest(turn.data, turn.prefixStart, turn.prefixEnd) === 'mismatch';
  }

  #readStart(turn: Turn, exchange: HttpExchange): void {
    const { beganWithTurn, arrivedNs, firstNs, startFlags } = this.reader;
    exchange.pid = turn.pid;
    exchange.tid = turn.tid;
    exchange.context = turn.context;
    if ((turn.flags & RECORD_FLAG.TLS) !== 0) exchange.scheme = 'https';
    exchange.readNs = firstNs;
    exchange.startNs = firstNs;
    if (exchange.role === 'client') {
      exchange.startSource = 'write';
    } else if (beganWithTurn && arrivedNs > 0 && arrivedNs <= firstNs) {
      exchange.startNs = arrivedNs;
      exchange.startSource = (startFlags & RECORD_FLAG.ARRIVAL_ESTABLISHED) !== 0 ? 'established' : 'segment';
    }
  }
}

import type { Turn } from '../../connections/turn.ts';
import { RECORD_FLAG } from '../../events/layout.gen.ts';
import type { Holder } from '../held-bytes.ts';
import { HttpExchange } from '../http-exchange.ts';
import { detectRequest } from './detect.ts';
import { type Framing, requestFraming } from './framing.ts';
import { LENGTH_ABSENT, RequestHead } from './head.ts';
import { type MessageHandler, MessageReader } from './message-reader.ts';
import type { Pairing } from './pairing.ts';
import { parseRequestHead } from './parse-request.ts';
import { readRequestFacts } from './request-facts.ts';
import type { SyntaxWatcher } from './syntax-watcher.ts';
import { endsWithLastChunk } from './tail.ts';

/** Silence after which requests and responses are taken to be in step again. */
const RESYNC_QUIET_NS = 200e6;

/** The direction of the requests: finds them and queues them. */
export class RequestSide implements MessageHandler, Holder {
  heldBytes = 0;
  readonly reader: MessageReader<RequestHead>;
  readonly #pairing: Pairing;
  /** The request whose body is being read. */
  #receiving: HttpExchange | undefined = undefined;
  #seq = 0;
  #requestsInTurn = 0;
  /** The next piece is the first one behind turns. */
  #isEntering = false;
  /** Behind the chunks that were seen of the turn, and before its end, which ends chunks, there may be other requests. */
  #mayHideMore = false;

  constructor(pairing: Pairing, watcher?: SyntaxWatcher) {
    this.#pairing = pairing;
    this.reader = new MessageReader(new RequestHead(), parseRequestHead, this, watcher);
  }

  /** Whether the turn is understood so far. */
  turn(turn: Turn): boolean {
    if (turn.seq !== this.#seq) {
      this.#seq = turn.seq;
      this.#requestsInTurn = 0;
      this.#mayHideMore = false;
      this.reader.beginTurn(turn);
      if (this.#pairing.isTainted) {
        // Unknown requests are before this one: it cannot be queued.
        this.#pairing.count('http1.pipelined_merged');
        this.reader.goBlind('unseen');
      } else if (!this.#isContinuation(turn)) {
        this.reader.reset();
      }
    }
    this.reader.read(turn);
    this.#hold();
    const isEndOfChunks = this.reader.state === 'blind' && this.reader.blindReason === 'chunked';
    if (turn.final && isEndOfChunks && endsWithLastChunk(turn.tailLow, turn.tailHigh)) {
      this.reader.reset();
      this.#receiving = undefined;
      this.#mayHideMore = true;
    }
    return this.reader.isBetweenMessages || this.reader.state === 'blind';
  }

  /** Pieces follow. */
  enterStream(): void {
    this.#isEntering = true;
  }

  chunk(piece: Turn): void {
    const { reader } = this;
    this.#requestsInTurn = 0;
    if (this.#isEntering) {
      this.#isEntering = false;
      reader.beginTurn(piece);
    }
    if (reader.state === 'blind' ? this.beginsWith(piece) : !this.#isContinuation(piece)) {
      reader.reset();
      reader.position = piece.offsetBytes;
      this.#receiving = undefined;
    }
    reader.read(piece);
    this.#hold();
    // What follows a body or a head that cannot be followed is not known, and may be nothing.
    if (reader.state === 'blind' && !this.#pairing.isTainted && !this.#pairing.isLost)
      this.#pairing.taintStream(0, false);
  }

  /** Whether a turn, or a call, begins with a request. */
  beginsWith(turn: Turn): boolean {
    if (turn.isPiece ? (turn.flags & RECORD_FLAG.CONTINUED) !== 0 : turn.seq === this.#seq) return false;
    return detectRequest(turn.data, turn.prefixStart, turn.prefixEnd) === 'match';
  }

  /** Whether pairing may begin anew with a turn, or a call, that begins with a request. `isBehindResponse`: a whole response was the last that was said. */
  mayResync(turn: Turn, isBehindResponse: boolean): boolean {
    const { lastTrafficNs, lastTrafficWasResponse, isPipelining } = this.#pairing;
    if (isBehindResponse && !isPipelining) return true;
    const beganNs = turn.arrivedNs > 0 ? turn.arrivedNs : turn.firstNs;
    return lastTrafficWasResponse && beganNs - lastTrafficNs >= RESYNC_QUIET_NS;
  }

  /** Counts a turn that goes by while pairing is lost. */
  skip(turn: Turn): void {
    if (turn.seq !== this.#seq) this.#pairing.count('http1.pipelined_merged');
    this.#seq = turn.seq;
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
    this.forget();
  }

  forget(): void {
    this.#pairing.held.set(this, 0);
  }

  /** There is no room for a head whose rest does not come. */
  giveUp(): void {
    this.giveUpHead();
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

  /** All that was said in this direction is understood: there are no requests but those that are known. */
  get isExact(): boolean {
    return this.reader.state !== 'blind' && !this.#mayHideMore && !this.#pairing.isTainted && !this.#pairing.isLost;
  }

  onHead(turn: Turn, isCut: boolean): Framing {
    const { head } = this.reader;
    const pairing = this.#pairing;
    if (turn.isPiece && (pairing.isLost || pairing.isTainted)) {
      pairing.askedInVain(1);
      return requestFraming(head);
    }
    if (pairing.isLost) return 'unknown';
    if (head.methodEnd === 0) {
      this.onUnseen(turn);
      return 'unknown';
    }
    const exchange = new HttpExchange(pairing.connection, pairing.role);
    readRequestFacts(head, exchange);
    this.#readStart(turn, exchange);
    if (!head.isTargetWhole) pairing.count('http1.request_line_truncated');
    if (!pairing.add(exchange, turn.isPiece)) {
      if (turn.isPiece) pairing.taintStream(1, exchange.method !== 'HEAD' && exchange.method !== 'CONNECT');
      else pairing.lose(turn, 1);
      return turn.isPiece ? requestFraming(head) : 'unknown';
    }
    this.#receiving = exchange;
    this.#requestsInTurn += 1;
    // What the request says; how much of it has arrived when the response does is another thing.
    if (head.transferCoding === 'none') {
      if (head.contentLength >= 0) exchange.requestBodySize = head.contentLength;
      else if (!isCut && head.contentLength === LENGTH_ABSENT) exchange.requestBodySize = 0;
    }
    if (isCut) {
      // More may follow the cut head than its body, since something already came before it.
      if (this.#requestsInTurn > 1) pairing.taint();
    }
    return requestFraming(head);
  }

  onEnd(): void {
    if (this.#receiving === undefined) return;
    // A request that was answered before it was whole is a span already.
    if (this.#receiving.endNs === 0) this.#receiving.requestBodySize = this.reader.bodyBytes;
    this.#receiving = undefined;
  }

  onUnseen(turn: Turn): void {
    if (turn.isPiece) this.#pairing.taintStream(1, false);
    else if (this.#pairing.isLost) return;
    else if (this.#pairing.pending.length > 0) this.#pairing.taint();
    else this.#pairing.unseenRequest();
  }

  onUnreadable(turn: Turn): void {
    if (this.#pairing.isLost) return;
    if (turn.isPiece) this.#pairing.taintStream(1, false);
    else if (this.#pairing.pending.length > 0) this.#pairing.taint();
    else this.#pairing.unreadable('http1.request_unreadable');
  }

  /** Whether a turn, or a piece, goes on with what the one before it did not end. */
  #isContinuation(turn: Turn): boolean {
    const { reader } = this;
    const receiving = this.#receiving;
    if (reader.state === 'head') return true;
    if (reader.state !== 'blind') {
      // Who asked for a permission that was refused does not send the body.
      const isRefused = receiving !== undefined && receiving.endNs > 0 && reader.bodyBytes === 0;
      return !isRefused || detectRequest(turn.data, turn.prefixStart, turn.prefixEnd) !== 'match';
    }
    if (receiving === undefined) return false;
    if (receiving.isContinued && !receiving.isAnswered) return true;
    const captured = turn.prefixEnd - turn.prefixStart;
    return captured > 0 && detectRequest(turn.data, turn.prefixStart, turn.prefixEnd) === 'mismatch';
  }

  #hold(): void {
    this.#pairing.held.set(this, this.reader.keptBytes);
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

import type { Turn } from '../../connections/turn.ts';
import { RECORD_FLAG } from '../../events/layout.gen.ts';
import type { HttpExchange, HttpExchangeError } from '../http-exchange.ts';
import { detectResponse } from './detect.ts';
import { type Framing, responseFraming } from './framing.ts';
import { ResponseHead } from './head.ts';
import { type MessageHandler, MessageReader } from './message-reader.ts';
import type { Pairing } from './pairing.ts';
import { parseResponseHead } from './parse-response.ts';
import type { RequestSide } from './request-side.ts';
import { type BlindEnd, judgeBlindEnd } from './response-end.ts';
import type { SyntaxWatcher } from './syntax-watcher.ts';

/** No whole request came. */
const REQUEST_TIMEOUT = 408;

/** Not the response itself, which follows. */
function isInterimStatus(status: number): boolean {
  return status >= 100 && status < 200 && status !== 101;
}

/** What a response is that ends with its connection. */
function endOf(flags: number): HttpExchangeError | undefined {
  return (flags & RECORD_FLAG.RESET) !== 0 ? 'response_truncated' : undefined;
}

function isResponse({ data, prefixStart, prefixEnd }: Turn): boolean {
  return detectResponse(data, prefixStart, prefixEnd) === 'match';
}

/** The direction of the responses: finds them and gives each to the oldest request. */
export class ResponseSide implements MessageHandler {
  readonly reader: MessageReader<ResponseHead>;
  readonly #pairing: Pairing;
  #seq = 0;
  #responsesInTurn = 0;
  #isInterim = false;
  #isOrphanCounted = false;
  /** Framing that the visible part of a cut head tells of. */
  #cutFraming: Framing = 'unknown';
  /** Bytes of the turn when a response was taken to be over although its bytes did not prove it; -1: none was. */
  #endedAtBytes = -1;
  #lastNs = 0;
  /** All requests before the turn, or piece, at hand are known. */
  #areRequestsKnown = false;
  /** A request was answered. */
  #hasFinished = false;
  /** The next piece is the first one behind turns. */
  #isEntering = false;
  /** What becomes of a response that the bytes do not show the end of, should the connection end now. */
  #endAtClose: BlindEnd = 'ended';

  constructor(pairing: Pairing, watcher?: SyntaxWatcher) {
    this.#pairing = pairing;
    this.reader = new MessageReader(new ResponseHead(), parseResponseHead, this, watcher);
  }

  /** Whether the turn is understood so far. */
  turn(turn: Turn, requests: RequestSide): boolean {
    const { reader } = this;
    const { pending } = this.#pairing;
    this.#areRequestsKnown = requests.isExact;
    if (turn.seq !== this.#seq) {
      this.#begin(turn);
      reader.beginTurn(turn);
      if (reader.isBehind(turn) && !this.#pairing.isTainted && !this.#pairing.isLost)
        this.#endLost(Math.max(1, requests.requestsInTurn));
      if (reader.state === 'blind' && pending[0]?.isAnswered !== true) reader.reset();
    } else if (this.#endedAtBytes >= 0) {
      if (turn.sizeBytes > this.#endedAtBytes) this.#pairing.count('http1.ended_early');
      this.#endedAtBytes = -1;
      return true;
    }
    this.#lastNs = turn.lastNs;
    reader.read(turn);
    if (reader.state === 'blind') this.#judge(turn, requests.isInBody);
    else if (reader.state === 'until-close' && (turn.flags & RECORD_FLAG.CLOSED) !== 0) this.#finish(endOf(turn.flags));
    return pending.length === 0;
  }

  /** Pieces follow. */
  enterStream(): void {
    this.#isEntering = true;
  }

  chunk(piece: Turn, requests: RequestSide): void {
    const { reader } = this;
    const pairing = this.#pairing;
    this.#begin(piece);
    this.#areRequestsKnown = requests.isExact;
    if (this.#isEntering) {
      this.#isEntering = false;
      reader.beginTurn(piece);
      if (reader.state === 'blind' && pairing.pending[0]?.isAnswered !== true) reader.reset();
    }
    const isCall = (piece.flags & RECORD_FLAG.CONTINUED) === 0;
    if (pairing.isLost && isCall && reader.state === 'blind' && isResponse(piece)) {
      reader.reset();
      reader.position = piece.offsetBytes;
    }
    this.#lastNs = piece.lastNs;
    reader.read(piece);
    if (reader.state !== 'blind' || reader.blindReason === 'tunnel' || pairing.isLost) return;
    // The one response that is under way ends with the next request, or the connection.
    const isAlone = pairing.pending.length === 1 && pairing.pending[0]?.isAnswered === true;
    if (!isAlone || pairing.isPipelining || pairing.isTainted) pairing.lose(piece, 0);
  }

  /** A whole response, or nothing, was the last that was said. */
  get isBetweenMessages(): boolean {
    return this.reader.isBetweenMessages;
  }

  reset(): void {
    this.reader.reset();
    this.reader.position = -1;
    this.#isInterim = false;
  }

  /** A request began: a response that only that can end is over. One that is provably not whole goes on behind it. */
  requestBegan(): void {
    const { state, blindReason } = this.reader;
    const isBlind = state === 'blind' && blindReason !== 'tunnel' && this.#endAtClose !== 'truncated';
    if ((state !== 'until-close' && !isBlind) || this.#pairing.pending[0]?.isAnswered !== true) return;
    this.#finish(undefined);
    this.reset();
  }

  /** The connection is over: ends the response that was on its way; the others never came. */
  close(ns: number): void {
    const { pending, unnoticedEnds } = this.#pairing;
    const first = pending[0];
    if (unnoticedEnds > 0) this.#endLost(0, unnoticedEnds);
    if (pending.length === 0) return;
    if (first !== undefined && this.reader.isInHead) {
      first.isAnswered = true;
      this.#finish('response_truncated', 0);
    } else if (first?.isAnswered === true) {
      const { state } = this.reader;
      if (state === 'until-close') this.#finish(this.#pairing.connection.wasReset ? 'response_truncated' : undefined);
      else if (state === 'blind') this.#finish(this.#endAtClose === 'truncated' ? 'response_truncated' : undefined);
      else this.#finish('response_truncated');
    }
    for (let next = pending[0]; next !== undefined; next = pending[0]) {
      next.endNs = Math.max(ns, next.readNs);
      next.error = 'connection_closed';
      this.#pairing.deliver();
    }
  }

  onHead(turn: Turn, isCut: boolean): Framing {
    const { head } = this.reader;
    const pairing = this.#pairing;
    if (!head.isRepeated) head.last.keep(head);
    const exchange = pairing.pending[0];
    if (exchange === undefined) return this.#orphan(turn, isInterimStatus(head.statusCode));
    const status = head.statusCode;
    const framing = responseFraming(head, exchange.method);
    this.#cutFraming = framing;
    this.#isInterim = isInterimStatus(status);
    if (this.#isInterim && !isCut) {
      exchange.isContinued = true;
      return framing;
    }
    if (status === 101 && head.isToHttp2 && !isCut) {
      pairing.upgrade();
      return framing;
    }
    this.#answer(exchange);
    // The final response is behind the cut head of an interim one: its status is not known.
    exchange.statusCode = this.#isInterim ? 0 : status;
    if (this.#isInterim) this.#cutFraming = 'unknown';
    this.#isInterim = false;
    if (framing === 'tunnel') {
      this.#finish(undefined, 0);
      if (status === 101) pairing.ignore();
      else pairing.tunnel(turn);
    }
    return framing;
  }

  onEnd(turn: Turn): void {
    if (this.#isInterim) {
      this.#isInterim = false;
      return;
    }
    this.#responsesInTurn += 1;
    if (this.#pairing.pending.length === 0) {
      this.#pairing.endOfVain();
      return;
    }
    this.#finish(undefined);
    if (!this.#pairing.isTainted || this.#pairing.pending.length > 0) return;
    if (turn.isPiece) this.#pairing.endOfKnown();
    else this.#pairing.lose(turn, 0);
  }

  onUnseen(turn: Turn): void {
    const pairing = this.#pairing;
    if (pairing.isLost) return;
    const exchange = pairing.pending[0];
    if (exchange === undefined && this.#isSurplus()) pairing.count('http1.response_unreadable');
    else if (turn.isPiece) pairing.lose(turn, 0);
    else if (this.#responsesInTurn > 0) pairing.lose(turn, exchange === undefined ? 1 : 0);
    else if (exchange === undefined) this.#orphan(turn, false);
    else {
      this.#cutFraming = 'unknown';
      this.#answer(exchange);
    }
  }

  onUnreadable(turn: Turn): void {
    const pairing = this.#pairing;
    if (pairing.isLost) return;
    if (pairing.pending.length === 0 && this.#isSurplus()) {
      pairing.count('http1.response_unreadable');
      return;
    }
    if (pairing.pending.length > 1 || turn.isPiece) {
      pairing.lose(turn, 0);
      return;
    }
    pairing.dropPending();
    pairing.unreadable('http1.response_unreadable');
  }

  #begin(turn: Turn): void {
    this.#seq = turn.seq;
    this.#responsesInTurn = 0;
    this.#isOrphanCounted = false;
    this.#endedAtBytes = -1;
  }

  /**
   * The last turn went on behind what was reported of it. The response it held ends where it was last heard of; if it held others, they are
   * lost: only the `kept` newest requests can still be answered. `count` such turns at once: whatever number a record claims.
   */
  #endLost(kept: number, count = 1): void {
    const { pending } = this.#pairing;
    const first = pending.length > kept ? pending[0] : undefined;
    this.#pairing.endLost(count);
    if (first !== undefined && (first.isAnswered || this.reader.isInHead)) {
      first.isAnswered = true;
      this.reader.goBlind('unseen');
      this.#finish(undefined);
    }
    this.#pairing.dropPending(kept);
    this.reset();
  }

  /** What comes behind the response to the last of all requests is of no request: a 408 for the one that never came, or more than was promised. */
  #isSurplus(): boolean {
    const isExplained = this.#areRequestsKnown || this.reader.head.statusCode === REQUEST_TIMEOUT;
    return isExplained && (this.#responsesInTurn > 0 || this.#hasFinished);
  }

  /** A response that nobody asked for, as far as is known. */
  #orphan(turn: Turn, isInterim: boolean): Framing {
    this.#isInterim = isInterim;
    if (isInterim || this.#isSurplus()) return responseFraming(this.reader.head, 'GET');
    if (turn.isPiece) {
      if (this.#pairing.isLost) this.#pairing.answeredInVain();
      else this.#pairing.orphan();
      return responseFraming(this.reader.head, 'GET');
    }
    if (this.#responsesInTurn > 0 && !turn.isPiece) {
      // One request was seen, more were answered: they merged in its turn, unseen.
      this.#pairing.lose(turn, 1);
      return 'unknown';
    }
    if (!this.#isOrphanCounted) this.#pairing.orphan();
    this.#isOrphanCounted = true;
    return responseFraming(this.reader.head, 'GET');
  }

  #answer(exchange: HttpExchange): void {
    const { beganWithTurn, arrivedNs, firstNs } = this.reader;
    exchange.isAnswered = true;
    if (!beganWithTurn) exchange.firstByteNs = this.#lastNs === firstNs ? firstNs : 0;
    else exchange.firstByteNs = exchange.role === 'client' && arrivedNs > 0 ? arrivedNs : firstNs;
  }

  #judge(turn: Turn, isRequestInBody: boolean): void {
    const { reader } = this;
    const { pending } = this.#pairing;
    const exchange = pending[0];
    if (exchange?.isAnswered !== true || this.#pairing.isLost) return;
    if (pending.length > 1) {
      // Where the next response begins is not known.
      this.#pairing.lose(turn, 0);
      return;
    }
    const isFinal = turn.final && !isRequestInBody;
    const judge = (isClosed: boolean): BlindEnd =>
      judgeBlindEnd(turn, isFinal || isClosed, isClosed, reader.blindReason, this.#cutFraming, reader.bytesWanted);
    const end = judge((turn.flags & RECORD_FLAG.CLOSED) !== 0);
    if (end === 'open') {
      this.#endAtClose = judge(true);
      return;
    }
    this.#endedAtBytes = turn.sizeBytes;
    this.#finish(end === 'truncated' ? 'response_truncated' : undefined);
    if (this.#pairing.isTainted) this.#pairing.lose(turn, 0);
  }

  #finish(error: HttpExchangeError | undefined, bodySize = this.#bodySize(error)): void {
    const exchange = this.#pairing.pending[0];
    if (exchange === undefined) return;
    exchange.endNs = this.#lastNs;
    exchange.error = error;
    exchange.responseBodySize = bodySize;
    this.#endAtClose = 'ended';
    this.#hasFinished = true;
    this.#pairing.deliver();
  }

  #bodySize(error: HttpExchangeError | undefined): number | undefined {
    const { reader } = this;
    if (reader.state !== 'blind') return reader.bodyBytes;
    if (reader.blindReason !== 'cut' || error !== undefined) return undefined;
    if (this.#cutFraming === 'none') return 0;
    return this.#cutFraming === 'length' ? reader.head.contentLength : undefined;
  }
}

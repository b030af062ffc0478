import type { Connection } from '../../connections/connection.ts';
import type { Turn } from '../../connections/turn.ts';
import type { TurnConsumer } from '../../connections/turn-consumer.ts';
import { DIRECTION, RECORD_FLAG } from '../../events/layout.gen.ts';
import type { HttpExchange } from '../http-exchange.ts';
import { Http2Connection, type Http2Start } from '../http2/http2-connection.ts';
import { streamOfUpgrade } from '../http2/upgrade.ts';
import type { ProtocolHost } from '../protocol.ts';
import { detectRequest } from './detect.ts';
import { Pairing } from './pairing.ts';
import { RequestSide } from './request-side.ts';
import { ResponseSide } from './response-side.ts';
import type { SyntaxWatcher } from './syntax-watcher.ts';

/** Looks over the shoulder of a connection. */
export interface Http1Watcher extends SyntaxWatcher {
  /** HTTP/2 follows; returns who takes it. */
  onUpgrade(connection: Connection, start: Http2Start): TurnConsumer;
}

/** What is known of one connection once its direction of requests is. */
interface Sides {
  readonly requestDirection: number;
  readonly pairing: Pairing;
  readonly requests: RequestSide;
  readonly responses: ResponseSide;
}

/**
 * HTTP/1 on one connection: sorts turns, or the I/O calls of stream mode, by direction, and keeps both sides in step.
 *
 * The direction of the requests is learned from the bytes. Received requests make the process a server, sent ones a client.
 */
export class Http1Connection implements TurnConsumer {
  readonly #connection: Connection;
  readonly #host: ProtocolHost;
  readonly #watcher: Http1Watcher | undefined;
  #sides: Sides | undefined = undefined;
  /** Turns that were lost before the next one. */
  #missing = 0;
  /** Of the last turn. */
  #wasRequest = false;
  #isStream = false;

  constructor(connection: Connection, host: ProtocolHost, watcher?: Http1Watcher) {
    this.#connection = connection;
    this.#host = host;
    this.#watcher = watcher;
  }

  turn(turn: Turn): boolean {
    const sides = this.#sides ?? this.#learn(turn);
    const { pairing, requests, responses } = sides;
    const isRequest = turn.direction === sides.requestDirection;
    if (this.#isStream) {
      this.#isStream = false;
      pairing.leaveStream();
    }
    if (this.#missing > 0) this.#resume(sides, !isRequest);
    this.#wasRequest = isRequest;
    if (pairing.isLost && !this.#resync(sides, turn, isRequest)) return true;
    if (!isRequest) {
      if (pairing.pending.length === 0) requests.giveUpHead();
      const isUnderstood = responses.turn(turn, requests);
      if (pairing.upgraded !== undefined) return this.#upgrade(sides, pairing.upgraded).turn(turn);
      if (pairing.isLost) pairing.noteTraffic(turn, true);
      return isUnderstood;
    }
    if (!requests.isInBody) responses.requestBegan();
    return requests.turn(turn);
  }

  chunk(piece: Turn): void {
    const isNew = this.#sides === undefined;
    const sides = this.#sides ?? this.#learn(piece);
    const { pairing, requests, responses } = sides;
    // Requests from before may be unanswered: only a stream seen from its first byte begins in step.
    if (isNew && (piece.offsetBytes > 0 || (piece.flags & RECORD_FLAG.MIDSTREAM) !== 0)) pairing.lose(piece, 0);
    this.#missing = 0;
    if (!this.#isStream) {
      this.#isStream = true;
      requests.enterStream();
      responses.enterStream();
    }
    const isRequest = piece.direction === sides.requestDirection;
    if (!isRequest) {
      responses.chunk(piece, requests);
    } else {
      if (requests.beginsWith(piece)) {
        if (pairing.isLost && requests.mayResync(piece, responses.isBetweenMessages)) this.#begin(sides);
        else if (!pairing.isPipelining && !requests.isInBody) responses.requestBegan();
      }
      requests.chunk(piece);
    }
    if (pairing.upgraded !== undefined) this.#upgrade(sides, pairing.upgraded).chunk(piece);
    if (pairing.isLost) pairing.noteTraffic(piece, !isRequest);
  }

  gap(missing: number): void {
    this.#missing += missing;
  }

  close(ns: number): void {
    const sides = this.#sides;
    if (sides === undefined) return;
    if (this.#missing > 0) this.#resume(sides, this.#wasRequest === (this.#missing % 2 === 0));
    sides.requests.close();
    sides.responses.close(ns);
  }

  forget(): void {
    this.#sides?.pairing.dropPending();
    this.#sides?.requests.forget();
  }

  /** Makes way for HTTP/2, which begins behind the response that was read last. */
  #upgrade({ requestDirection, requests, responses }: Sides, request: HttpExchange): TurnConsumer {
    const offsets = [responses.reader.headEnd, responses.reader.headEnd];
    offsets[requestDirection] = requests.reader.position;
    const upgraded = streamOfUpgrade(request);
    const start: Http2Start = { requestDirection, offsets, upgraded };
    const consumer =
      this.#watcher?.onUpgrade(this.#connection, start) ?? new Http2Connection(this.#connection, this.#host, start);
    this.#connection.consumer = consumer;
    return consumer;
  }

  #learn(turn: Turn): Sides {
    const isRequest = detectRequest(turn.data, turn.prefixStart, turn.prefixEnd) === 'match';
    const requestDirection = isRequest ? turn.direction : 1 - turn.direction;
    const role = requestDirection === DIRECTION.IN ? 'server' : 'client';
    const pairing = new Pairing(this.#connection, this.#host, role);
    const sides = {
      requestDirection,
      pairing,
      requests: new RequestSide(pairing, this.#watcher),
      responses: new ResponseSide(pairing, this.#watcher),
    };
    this.#sides = sides;
    return sides;
  }

  /** After lost turns: no pending request can be sure of its response. Sides take turns, so that the lost requests are known. */
  #resume({ pairing, requests, responses }: Sides, isLastLostRequest: boolean): void {
    // Pieces of calls are no turns: how many requests they were cannot be told.
    const lost = this.#isStream ? 1 : isLastLostRequest ? Math.ceil(this.#missing / 2) : Math.floor(this.#missing / 2);
    this.#missing = 0;
    pairing.dropPending();
    pairing.count('http1.request_lost', lost);
    pairing.accounted = isLastLostRequest ? 1 : 0;
    requests.reset();
    responses.reset();
  }

  /** While lost: whether pairing begins anew with this turn; if not, it is counted. */
  #resync(sides: Sides, turn: Turn, isRequest: boolean): boolean {
    const { pairing, requests } = sides;
    if (isRequest && requests.beginsWith(turn) && requests.mayResync(turn, false)) {
      this.#begin(sides);
      return true;
    }
    if (isRequest) requests.skip(turn);
    pairing.noteTraffic(turn, !isRequest);
    return false;
  }

  /** Pairing begins anew. */
  #begin({ pairing, requests, responses }: Sides): void {
    pairing.resync();
    requests.reset();
    responses.reset();
  }
}

import type { Connection } from '../../connections/connection.ts';
import type { Turn } from '../../connections/turn.ts';
import type { CounterReason } from '../../counters.ts';
import type { HeldBytes, Holder } from '../held-bytes.ts';
import type { HttpExchange } from '../http-exchange.ts';
import type { ProtocolHost, Role } from '../protocol.ts';
import { Unsynced } from './unsynced.ts';

/** More unanswered requests than this are not remembered for one connection. */
const PENDING_MAX = 1024;
/** So many exchanges in a row without a request before the answer to the one before, and a stream is not needed any more. */
const ALTERNATIONS_MIN = 8;
/** Each time that turns were not enough after all, it takes four times as many, up to this. */
const ALTERNATIONS_MAX = 2048;
/** Turns in a row that are no messages after which a connection is given up. */
const UNREADABLE_MAX = 8;

/**
 * The requests of a connection that wait for their response, oldest first: HTTP/1 answers in order (RFC 9112 §9.3.2).
 *
 * *Tainted*: requests that are not known follow the pending ones; those can still be paired. *Lost*: which response belongs
 * to which request is not known any more. Nothing is paired then; what goes by is counted.
 */
export class Pairing implements Holder {
  heldBytes = 0;
  readonly connection: Connection;
  readonly role: Role;
  readonly pending: HttpExchange[] = [];
  isTainted = false;
  isLost = false;
  /** The last bytes seen while lost: a quiet time after a response is where requests and responses are in step again. */
  lastTrafficNs: number = Number.POSITIVE_INFINITY;
  lastTrafficWasResponse = false;

  /** The request that was answered by 101 with `Upgrade: h2c`: its response is stream 1 of HTTP/2. */
  upgraded: HttpExchange | undefined = undefined;

  /** Requests that are counted as lost already, whose responses may still come. */
  accounted = 0;

  /** Requests in a row that began when none was pending. */
  #alternations = 0;
  #alternationsWanted = ALTERNATIONS_MIN;

  /** Of the texts of the pending requests. */
  #textBytes = 0;

  readonly #host: ProtocolHost;
  readonly #unsynced = new Unsynced();
  #isStreamAsked = false;
  #endsLost = 0;
  #unreadable = 0;

  constructor(connection: Connection, host: ProtocolHost, role: Role) {
    this.connection = connection;
    this.#host = host;
    this.role = role;
  }

  get held(): HeldBytes {
    return this.#host.held;
  }

  count(reason: CounterReason, count?: number): void {
    this.#host.count(reason, count);
  }

  /** Adds a request, of a stream or of a turn; false where there are too many. */
  add(exchange: HttpExchange, isStream: boolean): boolean {
    if (this.pending.length >= PENDING_MAX) return false;
    if (this.pending.length > 0) this.#overlap(isStream);
    else if (isStream) this.#alternate();
    this.pending.push(exchange);
    this.#hold(textBytes(exchange));
    this.accounted = 0;
    this.#unreadable = 0;
    return true;
  }

  /** The oldest request is answered, or will not be. */
  deliver(): void {
    const exchange = this.#shift();
    if (exchange === undefined) return;
    if (exchange.isAnswered && exchange.statusCode === 0) this.#host.count('http1.status_unknown');
    this.#host.exchange(exchange);
  }

  /** The requests stay, but what they were for is forgotten. */
  giveUp(): void {
    for (const exchange of this.pending) {
      if (exchange.path !== '') this.#host.count('http1.request_line_truncated');
      exchange.path = '';
      exchange.query = undefined;
      exchange.host = undefined;
      exchange.userAgent = undefined;
      exchange.traceState = undefined;
    }
    this.#textBytes = 0;
  }

  #shift(): HttpExchange | undefined {
    const exchange = this.pending.shift();
    if (exchange !== undefined) this.#hold(-textBytes(exchange));
    return exchange;
  }

  /** So many bytes more of texts. */
  #hold(bytes: number): void {
    this.#textBytes += bytes;
    this.#host.held.set(this, this.#textBytes);
  }

  /** HTTP/2 begins behind the response at hand, and answers the oldest request. */
  upgrade(): void {
    this.upgraded = this.#shift();
    this.dropPending();
  }

  /** Requests that nothing is known of follow the pending ones in their turn. */
  taint(): void {
    this.#host.count('http1.pipelined_merged');
    this.isTainted = true;
    this.#askForStream();
  }

  /**
   * The same in a stream: `unknown` requests at least, or, where what came cannot be read, perhaps none. `isExact`: their number is known, and
   * so is that of those that follow.
   */
  taintStream(unknown: number, isExact: boolean): void {
    if (!this.isTainted && !this.isLost) this.#unsynced.begin(isExact);
    else if (!isExact) this.#unsynced.isExact = false;
    this.isTainted = !this.isLost;
    this.askedInVain(unknown);
    if (this.pending.length === 0) this.#loseStep();
  }

  /** Gives up pairing: the pending requests and `unknown` more messages are counted instead. */
  lose(turn: Turn, unknown: number): void {
    if (turn.isPiece) {
      if (!this.isTainted && !this.isLost) this.#unsynced.begin(false);
      this.#unsynced.accounted(this.pending.length);
      this.#host.count('http1.response_lost', this.pending.length);
      this.askedInVain(unknown);
    } else {
      this.#host.count('http1.pipelined_merged', this.pending.length + unknown);
      this.#askForStream();
      this.#unsynced.begin(false);
    }
    this.pending.length = 0;
    this.#hold(-this.#textBytes);
    this.#loseStep();
  }

  /** The last response of a tainted stream's known requests was read. */
  endOfKnown(): void {
    this.#loseStep();
    if (this.#unsynced.isEven) this.resync();
  }

  /** Requests of a stream that cannot be paired. */
  askedInVain(requests: number): void {
    this.#host.count('http1.stream_unsynced', this.#unsynced.asked(requests));
  }

  /** A response of a stream that cannot be paired. */
  answeredInVain(): void {
    this.#host.count('http1.stream_unsynced', this.#unsynced.answered());
  }

  /** Such a response is over. */
  endOfVain(): void {
    if (this.isLost && this.#unsynced.isEven) this.resync();
  }

  /** Requests and responses are in step from here on. */
  resync(): void {
    this.isLost = false;
    this.isTainted = false;
  }

  /** Turns are reported again. */
  leaveStream(): void {
    this.#isStreamAsked = false;
    this.#alternations = 0;
  }

  /** Whether requests came before the answer to the one before, lately or, for all that is known, at any time. */
  get isPipelining(): boolean {
    return this.#alternations < ALTERNATIONS_MIN;
  }

  /** The responses of the pending requests, or of all but the newest `kept`, will not be seen. */
  dropPending(kept = 0): void {
    const dropped = Math.max(0, this.pending.length - kept);
    this.#host.count('http1.response_lost', dropped);
    for (const exchange of this.pending.splice(0, dropped)) this.#hold(-textBytes(exchange));
    if (kept === 0) this.isTainted = false;
  }

  /** `count` responses went on behind the last report of their turns. */
  endLost(count: number): void {
    this.#endsLost += count;
    this.#host.count('http1.end_lost', count);
  }

  /** Known when the connection is closed: ends that were lost, and that nothing has shown so far. */
  get unnoticedEnds(): number {
    return Math.max(0, this.connection.endsLost - this.#endsLost);
  }

  noteTraffic(turn: Turn, isResponse: boolean): void {
    this.lastTrafficNs = turn.lastNs;
    this.lastTrafficWasResponse = isResponse;
  }

  /** A response that no pending request is for. */
  orphan(): void {
    if (this.accounted > 0) this.accounted -= 1;
    else this.#host.count('http1.response_without_request');
  }

  /** Bytes that were not captured where a request should be. */
  unseenRequest(): void {
    this.#host.count('http1.request_unreadable');
    this.accounted = 1;
  }

  /** Bytes that are no message where one should be. */
  unreadable(reason: 'http1.request_unreadable' | 'http1.response_unreadable'): void {
    this.#host.count(reason);
    if (reason === 'http1.request_unreadable') this.accounted = 1;
    this.#unreadable += 1;
    if (this.#unreadable < UNREADABLE_MAX) return;
    this.#host.count('http1.gave_up');
    this.ignore();
  }

  /** What follows is what the tunnel carries (RFC 9110 §9.3.6); `last` is the turn, or piece, with the end of the response. */
  tunnel(last: Turn): void {
    this.dropPending();
    this.#host.tunnel(this.connection, last);
  }

  /** Nothing more on this connection is HTTP/1. */
  ignore(): void {
    this.dropPending();
    this.#host.setVerdict(this.connection, 'ignore');
  }

  #loseStep(): void {
    this.isTainted = false;
    this.isLost = true;
  }

  #askForStream(): void {
    if (this.#isStreamAsked) return;
    this.#isStreamAsked = true;
    this.#alternationsWanted = Math.min(this.#alternationsWanted * 4, ALTERNATIONS_MAX);
    this.#host.setVerdict(this.connection, 'stream');
  }

  #overlap(isStream: boolean): void {
    // Turns may have been asked for and not be there yet.
    if (isStream && this.#alternations >= this.#alternationsWanted) this.#host.setVerdict(this.connection, 'stream');
    this.#alternations = 0;
  }

  #alternate(): void {
    this.#alternations += 1;
    // Again and again, since a verdict may get lost (bpf/maps.h).
    if (this.#alternations % this.#alternationsWanted === 0) this.#host.setVerdict(this.connection, 'turns');
  }
}

function textBytes({ path, query, host, userAgent, traceState }: HttpExchange): number {
  const optional = (query?.length ?? 0) + (host?.length ?? 0) + (userAgent?.length ?? 0) + (traceState?.length ?? 0);
  return path.length + optional;
}

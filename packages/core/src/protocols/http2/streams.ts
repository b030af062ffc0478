import type { Connection } from '../../connections/connection.ts';
import type { CounterReason } from '../../counters.ts';
import type { Holder } from '../held-bytes.ts';
import type { ProtocolHost, Role } from '../protocol.ts';
import type { GrpcExchangeError } from './grpc-exchange.ts';
import { Http2Stream, type StreamKind } from './stream.ts';
import { exchangeFrom, kindOf } from './stream-exchange.ts';

/** Whether an open stream is no proof that its connection carries other requests, too. */
function mayBeGrpc(stream: Http2Stream): boolean {
  return stream.kind !== 'http' && (stream.method === 'POST' || !stream.isRequested);
}

/** The least bytes of a request: the header of its frame, and a block. */
const REQUEST_BYTES_MIN = 10;
/** More open streams than this are not remembered for one connection; servers allow 100 to 250 by default. */
const STREAMS_MAX = 1024;

/**
 * The open streams of a connection. Requests have odd ids that only grow (RFC 9113 §5.1.1): so a lost request shows as a gap in the ids, and
 * each is counted once.
 */
export class Streams implements Holder {
  heldBytes = 0;
  readonly role: Role;
  /** Records of the requests were lost since the last request. */
  isMissingRequests = false;
  /** Bytes of the requests' direction that were missed since the last request. */
  missedBytes = 0;

  readonly #connection: Connection;
  readonly #host: ProtocolHost;
  readonly #open = new Map<number, Http2Stream>();
  /** Of their texts. */
  #textBytes = 0;
  /** Of them, those whose request was not seen. */
  #unrequested = 0;
  /** Id of the last request that is accounted for; below 0 where it may be any. */
  #lastId: number;
  /** Streams of these kinds were seen. */
  #hasGrpc = false;
  #hasHttp = false;
  /** Requests may be from before the tracer. */
  #isMidstream: boolean;

  /** `isMidstream`: the connection is older than the tracer; else its first request was number 1, seen or not. */
  constructor(connection: Connection, host: ProtocolHost, role: Role, isMidstream: boolean) {
    this.#connection = connection;
    this.#host = host;
    this.role = role;
    this.#isMidstream = isMidstream;
    this.#lastId = -1;
  }

  /** A stream whose request was seen before the first frame. */
  adopt(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
    this.#lastId = stream.id;
    this.hold(stream);
  }

  /** The texts of a request were set. */
  hold(stream: Http2Stream): void {
    stream.textBytes = stream.target.length + (stream.authority?.length ?? 0) + (stream.userAgent?.length ?? 0);
    stream.textBytes += stream.traceState?.length ?? 0;
    this.#textBytes += stream.textBytes;
    this.#host.held.set(this, this.#textBytes);
  }

  /** The requests stay, but what they were for is forgotten. */
  giveUp(): void {
    for (const stream of this.#open.values()) stream.forgetTexts();
    this.#textBytes = 0;
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  /** The stream of a request, which is a new one or was seen by its response; undefined where it is neither. */
  request(id: number): Http2Stream | undefined {
    if (!this.account(id)) return undefined;
    const known = this.#open.get(id);
    if (known !== undefined) {
      this.#unrequested -= 1;
      return known;
    }
    return this.#add(id);
  }

  /** The stream of a response; undefined where it is counted already, or pushed. */
  response(id: number): Http2Stream | undefined {
    const known = this.#open.get(id);
    if (known !== undefined || id <= this.#lastId || id % 2 === 0) return known;
    this.#unrequested += 1;
    return this.#add(id);
  }

  /** A header block for a stream that nobody asked for, and that is no request. */
  malformed(id: number): void {
    // The trailers of a request that was not seen look the same.
    if (this.isMissingRequests || this.#isMidstream) return;
    const stream = this.request(id);
    if (stream !== undefined) this.drop(stream, 'http2.request_malformed');
  }

  /** A request begins: those before it that were not seen are lost. False where it is not the next one. */
  account(id: number): boolean {
    if (id <= this.#lastId || id % 2 === 0) return false;
    if (this.#unrequested > 0 || this.isMissingRequests) this.#settle(id);
    this.#isMidstream = false;
    this.isMissingRequests = false;
    this.missedBytes = 0;
    this.#lastId = id;
    return true;
  }

  /** The connection is over, and its last request was this one: those up to it that were not seen are lost. */
  accountLast(id: number): void {
    if (id > 0) this.#forgetBeyond(id);
    // Without a request that was seen, which of them are from before the tracer is not known.
    if (id <= Math.max(0, this.#lastId) || (this.#isMidstream && this.#lastId < 0)) return;
    this.isMissingRequests = true;
    this.#settle(id + 2);
    this.#lastId = id;
  }

  /** Answers to what was never asked: where frames begin again was found at the wrong byte. */
  #forgetBeyond(id: number): void {
    for (const stream of [...this.#open.values()]) {
      if (stream.isRequested || stream.id <= id) continue;
      this.#remove(stream);
      this.#unrequested -= 1;
    }
  }

  /** The stream is over; an unrequested one waits for its request. */
  finish(stream: Http2Stream, endNs: number, error: GrpcExchangeError | undefined): void {
    if (stream.endNs !== 0) return;
    stream.endNs = Math.max(1, endNs);
    stream.error = error;
    if (stream.isRequested) this.deliver(stream);
  }

  deliver(stream: Http2Stream): void {
    // One that is no longer open is counted already.
    if (!this.#remove(stream)) return;
    stream.endNs = Math.max(stream.endNs, stream.readNs);
    const kind = this.#kindOf(stream);
    if (kind === 'unknown') {
      this.#host.count('http2.request_unknown');
      return;
    }
    if (stream.target === '') this.#host.count('http2.path_unknown');
    if (stream.isAnswered && stream.statusCode === 0) this.#host.count('http2.status_unknown');
    this.#host.exchange(exchangeFrom(stream, kind === 'grpc', this.#connection, this.role));
  }

  /** A request that is no span. */
  drop(stream: Http2Stream, reason: CounterReason): void {
    if (this.#remove(stream)) this.#host.count(reason);
  }

  /** Responses were lost: which streams are answered is not known any more. */
  loseResponses(): void {
    for (const stream of [...this.#open.values()]) {
      if (stream.isRequested) this.drop(stream, 'http2.response_lost');
    }
  }

  /** Requests were lost: what was seen of them stands, but for the size of their bodies, and for their being under way still. */
  loseRequests(): void {
    this.isMissingRequests = true;
    for (const stream of this.#open.values()) {
      stream.isDoubtful = true;
      stream.requestBytes = undefined;
    }
  }

  /** Requests beyond the last one that the other side will answer. */
  refuse(lastStreamId: number, ns: number): void {
    for (const stream of [...this.#open.values()]) {
      if (stream.id > lastStreamId && !stream.isAnswered) this.finish(stream, ns, 'stream_refused');
    }
  }

  /** The connection is over, and with it all that was under way. */
  close(ns: number): void {
    for (const stream of [...this.#open.values()]) {
      if (!stream.isRequested) this.#dropUnrequested(stream);
      else if (stream.isDoubtful) this.drop(stream, 'http2.response_lost');
      else if (stream.isAnswered) this.finish(stream, stream.lastNs, 'response_truncated');
      else this.finish(stream, ns, 'connection_closed');
    }
  }

  forget(): void {
    for (const stream of [...this.#open.values()]) {
      if (stream.isRequested) this.drop(stream, 'http2.response_lost');
      else this.#dropUnrequested(stream);
    }
  }

  /** Where its form does not tell, a call on a connection that carried gRPC and nothing else is gRPC, too. */
  #kindOf(stream: Http2Stream): StreamKind {
    const kind = kindOf(stream);
    if (kind === 'grpc') this.#hasGrpc = true;
    else if (kind === 'http') this.#hasHttp = true;
    else if (this.#hasGrpc && !this.#hasHttp && [...this.#open.values()].every(mayBeGrpc)) return 'grpc';
    return kind;
  }

  #add(id: number): Http2Stream {
    const stream = new Http2Stream(id);
    if (this.#open.size >= STREAMS_MAX) {
      const [oldest] = this.#open.values();
      if (oldest?.isRequested === true) this.drop(oldest, 'http2.streams_evicted');
      else if (oldest !== undefined) this.#dropUnrequested(oldest);
    }
    this.#open.set(id, stream);
    return stream;
  }

  /** False where it is no longer open. */
  #remove(stream: Http2Stream): boolean {
    if (!this.#open.delete(stream.id)) return false;
    this.#textBytes -= stream.textBytes;
    this.#host.held.set(this, this.#textBytes);
    return true;
  }

  #settle(id: number): void {
    const byIds = this.isMissingRequests && (!this.#isMidstream || this.#lastId > 0);
    if (byIds) this.#host.count('http2.request_lost', this.#lostBefore(id));
    for (const stream of [...this.#open.values()]) {
      if (stream.isRequested || stream.id >= id) continue;
      if (byIds) {
        this.#remove(stream);
        this.#unrequested -= 1;
      } else {
        this.#dropUnrequested(stream);
      }
    }
  }

  /** A peer may leave ids out, any number of them at once: so what is missing bounds how many requests are. */
  #lostBefore(id: number): number {
    const possible = Math.floor(this.missedBytes / REQUEST_BYTES_MIN);
    return Math.min((id - this.#lastId) / 2 - 1, Math.max(possible, this.#unrequested));
  }

  #dropUnrequested(stream: Http2Stream): void {
    this.#unrequested -= 1;
    this.drop(stream, this.#isMidstream ? 'http2.response_without_request' : 'http2.request_lost');
  }
}

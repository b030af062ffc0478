import type { Connection } from '../../connections/connection.ts';
import type { Turn } from '../../connections/turn.ts';
import type { TurnConsumer } from '../../connections/turn-consumer.ts';
import { CHUNK_PIECE_MAX, DIRECTION, ROLE } from '../../events/layout.gen.ts';
import type { ProtocolHost, Role } from '../protocol.ts';
import { type FrameHandler, FrameReader } from './frame-reader.ts';
import { FIELD } from './hpack/field.ts';
import { HeaderFields } from './hpack/header-fields.ts';
import { HpackDecoder } from './hpack/hpack-decoder.ts';
import { RequestFrames } from './request-frames.ts';
import { ResponseFrames } from './response-frames.ts';
import type { Http2Stream } from './stream.ts';
import { Streams } from './streams.ts';

/** Turns and pieces without a header block that end lost, after which a connection is given up: content of 4 MiB. */
const LOST_MAX = 1024;

/** Where HTTP/2 begins on a connection. */
export interface Http2Start {
  /** DIRECTION of the requests; undefined where it must be learned. */
  readonly requestDirection: number | undefined;
  /** Stream offset of the first byte by DIRECTION; undefined: anywhere in the middle. */
  readonly offsets: readonly (number | undefined)[];
  /** Its first records were lost: unlike on a connection that is older than the tracer, its first request was number 1. */
  readonly isBeginningLost?: boolean;
  /** Stream 1, where it is a request of HTTP/1 that asked for HTTP/2 (RFC 7540 §3.2). */
  readonly upgraded?: Http2Stream;
}

const fields = new HeaderFields();

/** What is known of a connection once its direction of requests is. */
interface Sides {
  readonly requestDirection: number;
  readonly streams: Streams;
  readonly requests: RequestFrames;
  readonly responses: ResponseFrames;
}

/** HTTP/2 on one connection (RFC 9113): two directions of frames, and the streams that they make. */
export class Http2Connection implements TurnConsumer, FrameHandler {
  readonly #connection: Connection;
  readonly #host: ProtocolHost;
  readonly #readers: readonly [FrameReader, FrameReader];
  readonly #decoders: readonly [HpackDecoder, HpackDecoder] = [new HpackDecoder(), new HpackDecoder()];
  readonly #isMidstream: boolean;
  readonly #isBeginningLost: boolean;
  /** Something was lost, and no piece came since: its offset will tell what it was. Of turns either direction may be missing. */
  #isBehind = false;
  /** Pieces that are missing before the next one. */
  #missingPieces = 0;
  #sides: Sides | undefined = undefined;
  #isStreamAsked = false;
  /** Turns and pieces that ended lost since the last header block. */
  #lost = 0;

  constructor(connection: Connection, host: ProtocolHost, start: Http2Start) {
    this.#connection = connection;
    this.#host = host;
    const { requestDirection, offsets, upgraded } = start;
    const reader = (direction: number): FrameReader => {
      const offset = offsets[direction];
      if (offset === undefined) {
        this.#decoders[direction]?.forget();
        return new FrameReader(direction, this, host.held, 'lost', -1);
      }
      const state = direction === requestDirection ? 'preface' : 'header';
      return new FrameReader(direction, this, host.held, state, offset);
    };
    this.#readers = [reader(DIRECTION.IN), reader(DIRECTION.OUT)];
    this.#isBeginningLost = start.isBeginningLost === true;
    this.#isMidstream =
      !this.#isBeginningLost && (requestDirection === undefined || offsets[requestDirection] === undefined);
    if (requestDirection !== undefined) this.#learn(requestDirection);
    else if (connection.role !== ROLE.UNKNOWN)
      this.#learn(connection.role === ROLE.SERVER ? DIRECTION.IN : DIRECTION.OUT);
    if (upgraded !== undefined) this.#sides?.streams.adopt(upgraded);
  }

  turn(turn: Turn): boolean {
    // A turn of the side that waits may come before the kernel knows what it is.
    if (!this.#isStreamAsked && turn.direction === this.#sides?.requestDirection) {
      this.#isStreamAsked = true;
      this.#host.setVerdict(this.#connection, 'stream');
    }
    this.#read(turn);
    return true;
  }

  chunk(piece: Turn): void {
    this.#isBehind = false;
    this.#missingPieces = 0;
    this.#read(piece);
  }

  gap(missing: number): void {
    this.#isBehind = true;
    this.#missingPieces += missing;
  }

  close(ns: number): void {
    const sides = this.#sides;
    if (sides !== undefined) this.#closeStreams(sides, ns);
    this.#release();
  }

  #closeStreams({ streams, requestDirection }: Sides, ns: number): void {
    streams.missedBytes += this.#reader(requestDirection).takeLastMissedBytes() + this.#missingPieces * CHUNK_PIECE_MAX;
    streams.accountLast(this.#connection.lastStream);
    // Without the last of their frames, nobody knows how streams ended.
    if (this.#isBehind) streams.forget();
    else streams.close(ns);
  }

  forget(): void {
    this.#sides?.streams.forget();
    this.#release();
  }

  #release(): void {
    for (const reader of this.#readers) reader.release();
  }

  onHeaders(reader: FrameReader, turn: Turn, bytes: Uint8Array, start: number, end: number): void {
    const decoder = this.#decoder(reader.direction);
    this.#noteMissed(reader);
    if (!decoder.decode(bytes, start, end, fields)) {
      this.#host.count('http2.malformed');
      this.#undecoded(reader);
      return;
    }
    this.#lost = 0;
    if (fields.unknown > 0) this.#host.count('http2.field_unknown', fields.unknown);
    const sides = this.#sides ?? this.#learnFrom(reader);
    if (sides === undefined) return;
    if (reader.direction !== sides.requestDirection) sides.responses.headers(reader, turn, fields);
    else sides.requests.headers(reader, fields);
  }

  onPromise(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    // Pushed responses answer no request, but their blocks fill the table.
    if (!this.#decoder(reader.direction).decode(bytes, start, end, fields)) this.#host.count('http2.malformed');
  }

  onDataBegin(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const sides = this.#sides;
    if (reader.direction === sides?.requestDirection) sides.requests.dataBegin(reader, bytes, start, end);
  }

  onData(reader: FrameReader, turn: Turn, size: number | undefined): void {
    const sides = this.#sides;
    if (sides === undefined) return;
    if (reader.direction === sides.requestDirection) sides.requests.data(reader, size);
    else sides.responses.data(reader, turn, size);
  }

  onReset(reader: FrameReader, turn: Turn, code: number): void {
    const sides = this.#sides;
    if (sides === undefined) return;
    if (reader.direction === sides.requestDirection) sides.requests.reset(reader, turn, code);
    else sides.responses.reset(reader, turn, code);
  }

  onGoaway(reader: FrameReader, turn: Turn, lastStreamId: number): void {
    const sides = this.#sides;
    if (sides !== undefined && reader.direction !== sides.requestDirection) sides.responses.goaway(turn, lastStreamId);
  }

  onLost(reader: FrameReader, isMalformed: boolean): void {
    this.#host.count(isMalformed ? 'http2.malformed' : 'http2.gap');
    this.#decoder(reader.direction).forget();
    this.#missed(reader);
  }

  onFound(reader: FrameReader): void {
    this.#missed(reader);
  }

  /** Where the requests among what was missed are to be accounted for. */
  #noteMissed(reader: FrameReader): void {
    const sides = this.#sides;
    if (reader.direction === sides?.requestDirection) sides.streams.missedBytes += reader.takeMissedBytes();
  }

  /** Frames of a direction went by unseen. */
  #missed(reader: FrameReader): void {
    const sides = this.#sides;
    if (sides === undefined) return;
    if (reader.direction === sides.requestDirection) sides.requests.lost();
    else sides.responses.lost();
  }

  /** A header block that cannot be read: neither is what it was about. */
  #undecoded(reader: FrameReader): void {
    const { streams, requestDirection } = this.#sides ?? {};
    if (streams === undefined) return;
    const id = reader.blockStreamId;
    if (reader.direction !== requestDirection) {
      const stream = streams.get(id);
      if (stream?.isRequested === true) streams.drop(stream, 'http2.response_lost');
    } else if (streams.get(id)?.isRequested !== true) {
      const stream = streams.request(id);
      if (stream !== undefined) streams.drop(stream, 'http2.request_malformed');
    }
  }

  #learnFrom(reader: FrameReader): Sides | undefined {
    if (fields.values[FIELD.METHOD] !== undefined) return this.#learn(reader.direction);
    if (fields.values[FIELD.STATUS] !== undefined) return this.#learn(1 - reader.direction);
    return undefined;
  }

  #learn(requestDirection: number): Sides {
    const role: Role = requestDirection === DIRECTION.IN ? 'server' : 'client';
    const streams = new Streams(this.#connection, this.#host, role, this.#isMidstream);
    streams.isMissingRequests = this.#isBeginningLost;
    streams.missedBytes = this.#reader(requestDirection).takeMissedBytes();
    this.#sides = {
      requestDirection,
      streams,
      requests: new RequestFrames(streams),
      responses: new ResponseFrames(streams),
    };
    return this.#sides;
  }

  #read(turn: Turn): void {
    const reader = this.#reader(turn.direction);
    reader.read(turn);
    if (!reader.isLost) return;
    this.#lost += 1;
    if (this.#lost !== LOST_MAX) return;
    this.#host.count('http2.gave_up');
    this.forget();
    this.#host.setVerdict(this.#connection, 'ignore');
  }

  #reader(direction: number): FrameReader {
    return this.#readers[direction === DIRECTION.IN ? 0 : 1];
  }

  #decoder(direction: number): HpackDecoder {
    return this.#decoders[direction === DIRECTION.IN ? 0 : 1];
  }
}

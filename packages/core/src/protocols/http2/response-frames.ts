import type { Turn } from '../../connections/turn.ts';
import { FRAME_FLAG } from './frame.ts';
import type { FrameReader } from './frame-reader.ts';
import { isGrpc, parseGrpcStatus, statusOfReset } from './grpc.ts';
import { GRPC_STATUS_UNKNOWN } from './grpc-exchange.ts';
import { FIELD } from './hpack/field.ts';
import type { HeaderFields } from './hpack/header-fields.ts';
import type { Http2Stream } from './stream.ts';
import type { Streams } from './streams.ts';

const REFUSED_STREAM = 7;

/** The direction of the responses: what its frames mean for the streams. */
export class ResponseFrames {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  headers(reader: FrameReader, turn: Turn, fields: HeaderFields): void {
    const stream = this.#streams.response(reader.blockStreamId);
    if (stream === undefined) return;
    const status = statusFrom(fields.values[FIELD.STATUS]);
    stream.lastNs = turn.lastNs;
    if (status >= 100 && status < 200 && !reader.blockEndsStream) return;
    if (!stream.isAnswered) this.#answer(stream, reader);
    else if (status === 0) stream.hasTrailers = true;
    // A head that could not be read may have been an interim one.
    if (status !== 0) stream.statusCode = status;
    this.#readFields(stream, fields);
    if (reader.blockEndsStream) this.#streams.finish(stream, turn.lastNs, undefined);
    else if (stream.method === 'CONNECT' && status >= 200 && status < 300) {
      // What follows is a tunnel's.
      this.#streams.finish(stream, turn.lastNs, undefined);
    }
  }

  data(reader: FrameReader, turn: Turn, size: number | undefined): void {
    const stream = this.#streams.response(reader.header.streamId);
    if (stream === undefined) return;
    stream.addResponseBytes(size);
    stream.lastNs = turn.lastNs;
    if (!reader.header.has(FRAME_FLAG.END_STREAM)) return;
    stream.endsWithData = true;
    this.#streams.finish(stream, turn.lastNs, undefined);
  }

  /** The answering side breaks off, or wants no more of the request (RFC 9113 §8.1). */
  reset(reader: FrameReader, turn: Turn, code: number): void {
    const stream = this.#streams.response(reader.header.streamId);
    if (stream === undefined) return;
    if (stream.isResponseWhole) {
      this.#streams.finish(stream, stream.lastNs, undefined);
      return;
    }
    if (stream.grpcStatus === GRPC_STATUS_UNKNOWN) stream.grpcStatus = statusOfReset(code);
    this.#streams.finish(stream, turn.lastNs, code === REFUSED_STREAM ? 'stream_refused' : 'stream_reset');
  }

  goaway(turn: Turn, lastStreamId: number): void {
    this.#streams.refuse(lastStreamId, turn.lastNs);
  }

  lost(): void {
    this.#streams.loseResponses();
  }

  #answer(stream: Http2Stream, reader: FrameReader): void {
    const { arrivedNs, firstNs } = reader.origin;
    stream.isAnswered = true;
    stream.firstByteNs = this.#streams.role === 'client' && arrivedNs > 0 ? arrivedNs : firstNs;
  }

  #readFields(stream: Http2Stream, { values }: HeaderFields): void {
    const contentType = values[FIELD.CONTENT_TYPE];
    const grpcStatus = values[FIELD.GRPC_STATUS];
    const contentLength = values[FIELD.CONTENT_LENGTH];
    if (contentLength !== undefined) stream.contentLength = lengthFrom(contentLength);
    if (grpcStatus !== undefined) stream.grpcStatus = parseGrpcStatus(grpcStatus);
    if (stream.kind !== 'unknown') return;
    if (grpcStatus !== undefined) stream.kind = 'grpc';
    else if (contentType !== undefined) stream.kind = isGrpc(contentType) ? 'grpc' : 'http';
  }
}

/** 0 where it is none. */
function statusFrom(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d\d$/.test(text) ? Number(text) : 0;
}

/** Undefined where it is none. */
function lengthFrom(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

import type { Turn } from '../../connections/turn.ts';
import { IS_TOKEN } from '../http1/ascii.ts';
import { FRAME_FLAG } from './frame.ts';
import type { FrameReader } from './frame-reader.ts';
import { isGrpc, isMessagePrefix, parseGrpcTimeout, statusOfReset } from './grpc.ts';
import { GRPC_STATUS_UNKNOWN } from './grpc-exchange.ts';
import { FIELD } from './hpack/field.ts';
import type { HeaderFields } from './hpack/header-fields.ts';
import type { Http2Stream } from './stream.ts';
import type { Streams } from './streams.ts';

/** Those that nearly every request has. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH']);
/** Longer methods are not HTTP, as in HTTP/1. */
const METHOD_MAX = 32;
const CANCEL = 8;
const NO_ERROR = 0;

/** The direction of the requests: what its frames mean for the streams. */
export class RequestFrames {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  headers(reader: FrameReader, fields: HeaderFields): void {
    const { values, unknown } = fields;
    const id = reader.blockStreamId;
    const method = values[FIELD.METHOD];
    const known = this.#streams.get(id);
    if (known?.isRequested === true) {
      if (reader.blockEndsStream) known.isRequestEnded = true;
      return;
    }
    if (method === undefined && unknown === 0) {
      this.#streams.malformed(id);
      return;
    }
    if (method === undefined) {
      const stream = this.#streams.request(id);
      if (stream !== undefined) this.#streams.drop(stream, 'http2.request_unknown');
      return;
    }
    const target = values[FIELD.PATH] ?? (method === 'CONNECT' ? values[FIELD.AUTHORITY] : undefined);
    const stream = this.#streams.request(id);
    if (stream === undefined) return;
    // RFC 9113 §8.3.1, RFC 9110 §9.1: a method is a token, a path is never empty.
    if (!isToken(method) || target === '' || (target === undefined && unknown === 0)) {
      this.#streams.drop(stream, 'http2.request_malformed');
      return;
    }
    stream.method = method;
    stream.target = target ?? '';
    this.#readFields(stream, fields);
    this.#streams.hold(stream);
    stream.begin(reader.origin, this.#streams.role);
    stream.isRequestEnded = reader.blockEndsStream;
    stream.isBodyless = reader.blockEndsStream;
    if (stream.endNs !== 0) this.#streams.deliver(stream);
  }

  dataBegin(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#streams.get(reader.header.streamId);
    if (stream?.kind !== 'unknown' || stream.requestBytes !== 0) return;
    if (end > start) stream.hasMessagePrefix = isMessagePrefix(bytes, start, end, reader.header.length);
  }

  data(reader: FrameReader, size: number | undefined): void {
    const stream = this.#streams.get(reader.header.streamId);
    if (stream === undefined) return;
    stream.addRequestBytes(size);
    if (reader.header.has(FRAME_FLAG.END_STREAM)) stream.isRequestEnded = true;
  }

  /** The asking side gives up, or has all that it asked for. */
  reset(reader: FrameReader, turn: Turn, code: number): void {
    const stream = this.#streams.get(reader.header.streamId);
    if (stream === undefined) return;
    if (stream.isResponseWhole) {
      this.#streams.finish(stream, stream.lastNs, undefined);
      return;
    }
    const isGivenUp = code === CANCEL || code === NO_ERROR;
    if (stream.grpcStatus === GRPC_STATUS_UNKNOWN) stream.grpcStatus = statusOfReset(isGivenUp ? CANCEL : code);
    const ns = turn.arrivedNs > 0 ? turn.arrivedNs : turn.lastNs;
    this.#streams.finish(stream, ns, isGivenUp ? 'cancelled' : 'stream_reset');
  }

  lost(): void {
    this.#streams.loseRequests();
  }

  #readFields(stream: Http2Stream, { values, unknown }: HeaderFields): void {
    const contentType = values[FIELD.CONTENT_TYPE];
    const timeout = values[FIELD.GRPC_TIMEOUT];
    if (contentType !== undefined) stream.kind = isGrpc(contentType) ? 'grpc' : 'http';
    else if (unknown === 0) stream.kind = 'http';
    if (timeout !== undefined) stream.timeoutNs = parseGrpcTimeout(timeout);
    stream.authority = values[FIELD.AUTHORITY] ?? values[FIELD.HOST];
    stream.userAgent = values[FIELD.USER_AGENT];
    stream.traceparent = values[FIELD.TRACEPARENT];
    stream.traceState = values[FIELD.TRACESTATE];
  }
}

function isToken(text: string): boolean {
  if (METHODS.has(text)) return true;
  if (text.length === 0 || text.length > METHOD_MAX) return false;
  for (let i = 0; i < text.length; i++) if (IS_TOKEN[text.charCodeAt(i)] !== 1) return false;
  return true;
}

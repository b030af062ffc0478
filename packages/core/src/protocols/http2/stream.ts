import { RECORD_FLAG } from '../../events/layout.gen.ts';
import type { HttpExchange } from '../http-exchange.ts';
import type { Role } from '../protocol.ts';
import { GRPC_STATUS_UNKNOWN, type GrpcExchangeError } from './grpc-exchange.ts';
import type { Origin } from './origin.ts';

/** What a stream carries; `unknown` where the content type was named by a part of the table that is not known. */
export type StreamKind = 'unknown' | 'http' | 'grpc';

/** What is known of one stream: of its request, of its response, or of one of them while the other is on its way. */
export class Http2Stream {
  readonly id: number;
  kind: StreamKind = 'unknown';
  /** The request was seen. A response may be seen first: two threads of the program read and write. */
  isRequested = false;
  method = '';
  /** `:path`, with its query. */
  target = '';
  /** Length of its texts, as they are counted. */
  textBytes = 0;
  authority: string | undefined = undefined;
  userAgent: string | undefined = undefined;
  traceparent: string | undefined = undefined;
  traceState: string | undefined = undefined;
  /** `grpc-timeout`; 0: none. */
  timeoutNs = 0;
  scheme: 'http' | 'https' = 'http';
  pid = 0;
  tid = 0;
  context = 0;
  startNs = 0;
  startSource: HttpExchange['startSource'] = 'read';
  readNs = 0;
  /** The request is whole. */
  isRequestEnded = false;
  /** Frames of its request may have been missed: it may have been given up. */
  isDoubtful = false;
  /** DATA so far; undefined where some of it was not seen. */
  requestBytes: number | undefined = 0;
  responseBytes: number | undefined = 0;
  /** The request's content begins like a gRPC message; undefined where its beginning was not seen. */
  hasMessagePrefix: boolean | undefined = undefined;
  /** The request ended with its head. */
  isBodyless = false;
  /** The final response began. */
  isAnswered = false;
  statusCode = 0;
  firstByteNs = 0;
  /** `content-length` of the response. */
  contentLength: number | undefined = undefined;
  grpcStatus: number = GRPC_STATUS_UNKNOWN;
  hasTrailers = false;
  /** The response ended with its content. */
  endsWithData = false;
  /** The last of its response so far. */
  lastNs = 0;
  /** Nothing more of the response will come; 0: something may. */
  endNs = 0;
  error: GrpcExchangeError | undefined = undefined;

  constructor(id: number) {
    this.id = id;
  }

  /** All content that the response has is there, whether or not a frame has said so: libcurl takes no more of a stream then. */
  get isResponseWhole(): boolean {
    if (!this.isAnswered || this.kind === 'grpc') return false;
    if (this.method === 'HEAD' || this.statusCode === 204 || this.statusCode === 304) return true;
    return this.contentLength !== undefined && this.responseBytes === this.contentLength;
  }

  /** What it was for is not known any more. */
  forgetTexts(): void {
    this.textBytes = 0;
    this.target = '';
    this.authority = undefined;
    this.userAgent = undefined;
    this.traceState = undefined;
  }

  /** The request began here. */
  begin(origin: Origin, role: Role): void {
    const { arrivedNs, firstNs, flags } = origin;
    this.isRequested = true;
    this.pid = origin.pid;
    this.tid = origin.tid;
    this.context = origin.context;
    this.readNs = firstNs;
    this.startNs = firstNs;
    if ((flags & RECORD_FLAG.TLS) !== 0) this.scheme = 'https';
    if (role === 'client') {
      this.startSource = 'write';
    } else if (arrivedNs > 0 && arrivedNs <= firstNs) {
      this.startNs = arrivedNs;
      this.startSource = (flags & RECORD_FLAG.ARRIVAL_ESTABLISHED) !== 0 ? 'established' : 'segment';
    }
  }

  addRequestBytes(size: number | undefined): void {
    if (size === undefined) this.requestBytes = undefined;
    else if (this.requestBytes !== undefined) this.requestBytes += size;
  }

  addResponseBytes(size: number | undefined): void {
    if (size === undefined) this.responseBytes = undefined;
    else if (this.responseBytes !== undefined) this.responseBytes += size;
  }
}

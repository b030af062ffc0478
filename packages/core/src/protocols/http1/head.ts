import { LastFields } from './last-fields.ts';

/** A head is not whole yet. Offsets are never negative, so that results below 0 are free for this. */
export const NEED_MORE = -1;
/** The bytes are not a head of this kind. */
export const INVALID = -2;

/** `Content-Length` is not there. */
export const LENGTH_ABSENT = -1;
/** `Content-Length` cannot be relied on: not a number, or several different ones (RFC 9112 §6.3 rule 5). */
export const LENGTH_INVALID = -2;

/** The last transfer coding, which is what decides the framing. */
export type TransferCoding = 'none' | 'chunked' | 'other';

/**
 * What is read of a head: offsets into `bytes`, nothing is copied. One object is reused by each reader.
 * A field that is absent has equal start and end.
 */
export class Head {
  bytes: Uint8Array = new Uint8Array(0);
  /** The start line is whole. */
  isLineWhole = false;
  /** Digit after `HTTP/1.`. */
  minorVersion = 1;
  contentLength: number = LENGTH_ABSENT;
  transferCoding: TransferCoding = 'none';
  /** `Upgrade: h2c`, HTTP/2 without TLS (RFC 7540 §3.2). */
  isToHttp2 = false;
  hostStart = 0;
  hostEnd = 0;
  userAgentStart = 0;
  userAgentEnd = 0;
  traceparentStart = 0;
  traceparentEnd = 0;
  /** There are several, of which none counts (W3C Trace Context). */
  isTraceparentRepeated = false;
  tracestateStart = 0;
  tracestateEnd = 0;
  /** Where the second `tracestate` and those behind it begin and end, in turn: they are one list (RFC 9110 §5.3). */
  readonly moreTracestate: number[] = [];
  /** Where the fields are; `fieldsEnd` is 0 until they are whole. */
  fieldsStart = 0;
  fieldsEnd = 0;
  /** The fields are those of `last`, byte for byte; their offsets are not set then. */
  isRepeated = false;
  readonly last: LastFields = new LastFields();

  resetFields(): void {
    this.isLineWhole = false;
    this.minorVersion = 1;
    this.contentLength = LENGTH_ABSENT;
    this.transferCoding = 'none';
    this.isToHttp2 = false;
    this.hostStart = this.hostEnd = 0;
    this.userAgentStart = this.userAgentEnd = 0;
    this.traceparentStart = this.traceparentEnd = 0;
    this.isTraceparentRepeated = false;
    this.tracestateStart = this.tracestateEnd = 0;
    if (this.moreTracestate.length > 0) this.moreTracestate.length = 0;
    this.fieldsStart = this.fieldsEnd = 0;
    this.isRepeated = false;
  }
}

export class RequestHead extends Head {
  /** `methodEnd` is 0 until the method is whole; `targetEnd` is where the bytes end if the target is not whole. */
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  isTargetWhole = false;

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.isTargetWhole = false;
    this.methodStart = this.methodEnd = 0;
    this.targetStart = this.targetEnd = 0;
    this.resetFields();
  }
}

export class ResponseHead extends Head {
  /** 0 until known. */
  statusCode = 0;

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.statusCode = 0;
    this.resetFields();
  }
}

import { readUint32 } from './frame.ts';
import { GRPC_STATUS_UNKNOWN } from './grpc-exchange.ts';

const CONTENT_TYPE = 'application/grpc';
const PREFIX_BYTES = 5;
/** A code is a 32-bit integer; programs may make up codes beyond the 17 that have names. */
const CODE_MAX = 0x7fff_ffff;

const CANCELLED = 1;
const UNKNOWN = 2;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

const UNIT_NS: Readonly<Record<string, number>> = { H: 3600e9, M: 60e9, S: 1e9, m: 1e6, u: 1e3, n: 1 };

/** By HTTP/2 error code from 0 on, as "gRPC over HTTP/2" has them; what has no status is given up unknown. */
const STATUS_BY_RESET = [
  INTERNAL,
  INTERNAL,
  INTERNAL,
  INTERNAL,
  INTERNAL,
  GRPC_STATUS_UNKNOWN,
  INTERNAL,
  UNAVAILABLE,
  CANCELLED,
  INTERNAL,
  INTERNAL,
  RESOURCE_EXHAUSTED,
  PERMISSION_DENIED,
];

const STATUS_BY_HTTP: Readonly<Record<number, number>> = {
  400: INTERNAL,
  401: UNAUTHENTICATED,
  403: PERMISSION_DENIED,
  404: UNIMPLEMENTED,
  429: UNAVAILABLE,
  502: UNAVAILABLE,
  503: UNAVAILABLE,
  504: UNAVAILABLE,
};

export const GRPC_DEADLINE_EXCEEDED = 4;

/** Whether a content type is gRPC's: `application/grpc`, `application/grpc+proto`, but not `application/grpc-web`. */
export function isGrpc(contentType: string): boolean {
  if (!contentType.startsWith(CONTENT_TYPE)) return false;
  const next = contentType[CONTENT_TYPE.length];
  return next === undefined || next === '+' || next === ';' || next === ' ';
}

/** The value of `grpc-status`; unknown where it is no number. */
export function parseGrpcStatus(text: string): number {
  const code = /^\d{1,10}$/.test(text) ? Number(text) : GRPC_STATUS_UNKNOWN;
  return code <= CODE_MAX ? code : GRPC_STATUS_UNKNOWN;
}

/** The value of `grpc-timeout`, at most 8 digits and a unit; 0 where it is none. */
export function parseGrpcTimeout(text: string): number {
  const unitNs = UNIT_NS[text.slice(-1)];
  const digits = text.slice(0, -1);
  return unitNs !== undefined && /^\d{1,8}$/.test(digits) ? Number(digits) * unitNs : 0;
}

/** The status of a call that ended by RST_STREAM, without trailers. */
export function statusOfReset(errorCode: number): number {
  return STATUS_BY_RESET[errorCode] ?? GRPC_STATUS_UNKNOWN;
}

/** The status that a client gives to a call whose response has none. */
export function statusOfHttp(statusCode: number): number {
  return STATUS_BY_HTTP[statusCode] ?? UNKNOWN;
}

/** Whether content may begin with a gRPC message, by the few bytes of it that are there: a flag, and a length that the frame does not contradict. */
export function isMessagePrefix(bytes: Uint8Array, start: number, end: number, contentBytes: number): boolean {
  if ((bytes[start] ?? 0) > 1) return false;
  if (end - start < PREFIX_BYTES) return true;
  const behind = PREFIX_BYTES + (readUint32(bytes, start + 1) >>> 0);
  if (behind >= contentBytes || start + behind >= end) return true;
  return (bytes[start + behind] ?? 0) <= 1;
}

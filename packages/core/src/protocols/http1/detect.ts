import type { Detection } from '../protocol.ts';
import { isText } from './ascii.ts';
import { INVALID, NEED_MORE, RequestHead, ResponseHead } from './head.ts';
import { parseRequestHead } from './parse-request.ts';
import { parseResponseHead } from './parse-response.ts';

export const METHODS: readonly string[] = [
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
];
const SLASH = 0x2f;

const request = new RequestHead();
const response = new ResponseHead();

/**
 * Whether bytes begin with a request. A whole request line is proof; of a line that is cut, a registered method and a target that
 * begins like one have to do, or targets longer than the capture limit would hide their connection.
 */
export function detectRequest(bytes: Uint8Array, start: number, end: number): Detection {
  const outcome = parseRequestHead(bytes, start, end, request);
  if (outcome === INVALID) return 'mismatch';
  if (outcome !== NEED_MORE || request.isLineWhole) return 'match';
  const { methodStart, methodEnd, targetStart } = request;
  if (methodEnd === 0 || targetStart >= end) return 'more';
  const isRegistered = METHODS.some((method) => isText(bytes, methodStart, methodEnd, method));
  const begins = bytes[targetStart] === SLASH || isText(bytes, targetStart, Math.min(targetStart + 4, end), 'http');
  return isRegistered && begins ? 'match' : 'more';
}

/** Whether bytes begin with a response: `HTTP/1.x` and a status code. */
export function detectResponse(bytes: Uint8Array, start: number, end: number): Detection {
  const outcome = parseResponseHead(bytes, start, end, response);
  if (outcome === INVALID) return 'mismatch';
  return response.statusCode !== 0 ? 'match' : 'more';
}

export function detectHttp1(bytes: Uint8Array, start: number, end: number): Detection {
  const asRequest = detectRequest(bytes, start, end);
  if (asRequest === 'match') return 'match';
  const asResponse = detectResponse(bytes, start, end);
  if (asResponse === 'match') return 'match';
  return asRequest === 'more' || asResponse === 'more' ? 'more' : 'mismatch';
}

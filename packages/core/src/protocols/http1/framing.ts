import { LENGTH_ABSENT, LENGTH_INVALID, type RequestHead, type ResponseHead } from './head.ts';

/**
 * How the end of a body is found. `unknown`: the head contradicts itself. `tunnel`: what follows is not HTTP/1 any more.
 */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close' | 'unknown' | 'tunnel';

/** RFC 9112 §6.3, rules 4, 5 and 7 for requests. */
export function requestFraming(head: RequestHead): Framing {
  if (head.transferCoding === 'chunked') return 'chunked';
  if (head.transferCoding === 'other' || head.contentLength === LENGTH_INVALID) return 'unknown';
  return head.contentLength > 0 ? 'length' : 'none';
}

/** RFC 9112 §6.3, rules 1 to 8 for responses; `method` is that of the request. */
export function responseFraming(head: ResponseHead, method: string): Framing {
  const status = head.statusCode;
  if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return 'tunnel';
  if (isBodyless(status, method)) return 'none';
  if (head.transferCoding === 'chunked') return 'chunked';
  if (head.transferCoding === 'other') return 'until-close';
  if (head.contentLength === LENGTH_INVALID) return 'unknown';
  if (head.contentLength === LENGTH_ABSENT) return 'until-close';
  return head.contentLength > 0 ? 'length' : 'none';
}

/** A response that ends with its head, whatever its fields say. */
function isBodyless(status: number, method: string): boolean {
  return method === 'HEAD' || status === 204 || status === 304 || (status >= 100 && status < 200);
}

import type { HttpExchange } from '../http-exchange.ts';
import { textFrom } from '../text.ts';
import type { RequestHead } from './head.ts';
import { indexOf } from './scan.ts';

const QUESTION = 0x3f;
const SLASH = 0x2f;
const COLON = 0x3a;

/** Where the authority of an absolute-form target (`http://host/path`) begins, or -1: RFC 9112 §3.2.2. */
function authorityStart(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 2 < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === COLON) return at > start && bytes[at + 1] === SLASH && bytes[at + 2] === SLASH ? at + 3 : -1;
    const letter = byte | 0x20;
    if (letter < 0x61 || letter > 0x7a) return -1;
  }
  return -1;
}

/**
 * Splits the request target into path and query (RFC 9112 §3.2). `*` and the authority form of CONNECT are kept as they are; the authority
 * of an absolute form replaces the Host field.
 */
export function splitTarget(head: RequestHead, exchange: HttpExchange): void {
  const { bytes, targetStart, targetEnd } = head;
  let path = targetStart;
  if (bytes[path] !== SLASH && exchange.method !== 'CONNECT') {
    const authority = authorityStart(bytes, targetStart, targetEnd);
    if (authority > 0) {
      path = authority;
      while (path < targetEnd && bytes[path] !== SLASH && bytes[path] !== QUESTION) path++;
      if (path < targetEnd || head.isTargetWhole) exchange.host = textFrom(bytes, authority, path);
    }
  }
  const query = indexOf(QUESTION, bytes, path, targetEnd);
  // Of a target that is cut, only what something follows is whole.
  if (!head.isTargetWhole && query === targetEnd) return;
  exchange.path = query > path || path === targetStart ? textFrom(bytes, path, query) : '/';
  if (head.isTargetWhole && query < targetEnd) exchange.query = textFrom(bytes, query + 1, targetEnd);
}

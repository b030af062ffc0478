import { indexOf } from '../protocols/http1/scan.ts';
import { newText } from '../protocols/text.ts';
import { isHost } from './kept-values.ts';
import { MASK } from './mask.ts';

const AMPERSAND = 0x26;
const SLASH = 0x2f;
const EQUALS = 0x3d;
const QUESTION_MARK = 0x3f;
const SCHEMES = ['http://', 'https://'];

/** Masks the values of query parameters in the request target `bytes[start..end)`, byte for byte. */
export function maskQuery(bytes: Uint8Array, start: number, end: number): void {
  let isValue = false;
  for (let at = indexOf(QUESTION_MARK, bytes, start, end); at < end; at++) {
    if (bytes[at] === AMPERSAND) isValue = false;
    else if (isValue) bytes[at] = MASK;
    else if (bytes[at] === EQUALS) isValue = true;
  }
}

/**
 * Masks the request target `bytes[start..end)`, byte for byte. Left are its slashes, where its query begins, and the scheme and host of an
 * absolute form (RFC 9112 §3.2.2). `isWhole`: nothing of it is missing.
 */
export function maskTarget(bytes: Uint8Array, start: number, end: number, isWhole = true): void {
  const query = indexOf(QUESTION_MARK, bytes, start, end);
  for (let at = pathStart(bytes, start, query, isWhole || query < end); at < end; at++) {
    if (at !== query && (bytes[at] !== SLASH || at > query)) bytes[at] = MASK;
  }
}

function pathStart(bytes: Uint8Array, start: number, end: number, isWhole: boolean): number {
  if (bytes[start] === SLASH) return start;
  const scheme = SCHEMES.find((one) => newText(bytes, start, Math.min(end, start + one.length)).toLowerCase() === one);
  if (scheme === undefined) return start;
  const authority = start + scheme.length;
  const path = indexOf(SLASH, bytes, authority, end);
  // What looks like a host at the end of a cut target may be a user's name.
  return (path < end || isWhole) && isHost(newText(bytes, authority, path)) ? path : authority;
}

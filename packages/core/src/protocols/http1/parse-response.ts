import { CR, LF, SP } from './ascii.ts';
import { INVALID, NEED_MORE, type ResponseHead } from './head.ts';
import { parseFields } from './parse-fields.ts';
import { lineEnd } from './scan.ts';
import { VERSION_LENGTH, versionLengthAt } from './version.ts';

/**
 * Reads a response head from `bytes[start..end)`. Returns the offset behind its empty line, NEED_MORE or INVALID. Never throws.
 *
 * Fills `head` as far as it got. RFC 9112 §4; a missing reason phrase, even without the space before it, is accepted.
 */
export function parseResponseHead(bytes: Uint8Array, start: number, end: number, head: ResponseHead): number {
  head.reset(bytes);
  let at = start;
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;

  const versionLength = versionLengthAt(bytes, at, end);
  at += versionLength;
  if (at >= end) return NEED_MORE;
  if (versionLength < VERSION_LENGTH) return INVALID;
  const minor = (bytes[at] ?? 0) - 0x30;
  if (minor < 0 || minor > 9) return INVALID;
  at++;
  if (at >= end) return NEED_MORE;
  if (bytes[at] !== SP) return INVALID;
  at++;

  let status = 0;
  for (let i = 0; i < 3; i++, at++) {
    if (at >= end) return NEED_MORE;
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return INVALID;
    status = status * 10 + digit;
  }
  if (status < 100) return INVALID;
  if (at >= end) return NEED_MORE;
  if (bytes[at] !== SP && bytes[at] !== CR && bytes[at] !== LF) return INVALID;
  head.minorVersion = minor;
  head.statusCode = status;

  at = lineEnd(bytes, at, end);
  if (at >= end) return NEED_MORE;
  head.isLineWhole = true;
  return parseFields(bytes, at + 1, end, head);
}

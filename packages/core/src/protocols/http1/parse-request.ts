import { CR, IS_TOKEN, LF, SP } from './ascii.ts';
import { INVALID, NEED_MORE, type RequestHead } from './head.ts';
import { parseFields } from './parse-fields.ts';
import { wordEnd } from './scan.ts';
import { VERSION_LENGTH, versionLengthAt } from './version.ts';

/** Longer methods are not HTTP; the longest registered one has 17 letters. */
const METHOD_MAX = 32;

/**
 * Reads a request head from `bytes[start..end)`. Returns the offset behind its empty line, NEED_MORE or INVALID. Never throws.
 *
 * Fills `head` as far as it got, so that a head that is cut by the capture limit still tells its method and (perhaps only the
 * beginning of) its target. RFC 9112 §3; empty lines before the request line are skipped (§2.2).
 */
export function parseRequestHead(bytes: Uint8Array, start: number, end: number, head: RequestHead): number {
  head.reset(bytes);
  let at = start;
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;

  head.methodStart = at;
  while (at < end && IS_TOKEN[bytes[at] ?? 0] === 1) at++;
  if (at - head.methodStart > METHOD_MAX) return INVALID;
  if (at >= end) return NEED_MORE;
  if (bytes[at] !== SP || at === head.methodStart) return INVALID;
  head.methodEnd = at;

  head.targetStart = ++at;
  at = wordEnd(bytes, at, end);
  head.targetEnd = at;
  if (at >= end) return NEED_MORE;
  if (bytes[at] !== SP || at === head.targetStart) return INVALID;
  head.isTargetWhole = true;
  at++;

  const versionLength = versionLengthAt(bytes, at, end);
  at += versionLength;
  if (at >= end) return NEED_MORE;
  if (versionLength < VERSION_LENGTH) return INVALID;
  const minor = (bytes[at] ?? 0) - 0x30;
  if (minor < 0 || minor > 9) return INVALID;
  at++;
  if (bytes[at] === CR) at++;
  if (at >= end) return NEED_MORE;
  if (bytes[at] !== LF) return INVALID;
  head.minorVersion = minor;
  head.isLineWhole = true;
  return parseFields(bytes, at + 1, end, head);
}

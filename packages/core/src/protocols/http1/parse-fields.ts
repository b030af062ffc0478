import { COLON, COMMA, CR, HT, isTextIgnoringCase, LF, SP } from './ascii.ts';
import { type Head, LENGTH_ABSENT, LENGTH_INVALID, NEED_MORE } from './head.ts';

const LENGTH_DIGITS_MAX = 15;

/** By byte: the names that `readField` looks for begin so. */
const IS_FIRST_LETTER: Uint8Array = new Uint8Array(256);
for (const letter of 'hutcHUTC') IS_FIRST_LETTER[letter.charCodeAt(0)] = 1;

/**
 * Reads the field lines of a head from `at`, right behind the start line. Returns the offset behind the empty line, or NEED_MORE.
 *
 * As tolerant as RFC 9112 allows: a bare LF ends a line (§2.2), a line that begins with white space continues the one before (§5.2).
 * Lines that are no fields are skipped: only framing and identity are of interest here.
 */
export function parseFields(bytes: Uint8Array, at: number, end: number, head: Head): number {
  let line = at;
  while (line < end) {
    const first = bytes[line] ?? 0;
    if (first === CR || first === LF) {
      let blank = line;
      while (blank < end && bytes[blank] === CR) blank++;
      if (blank >= end) return NEED_MORE;
      if (bytes[blank] === LF) return blank + 1;
    }
    let colon = line;
    // Most names are of no interest, which their first letter tells.
    if (IS_FIRST_LETTER[first] === 1) {
      while (colon < end && bytes[colon] !== COLON && bytes[colon] !== LF) colon++;
    }
    let stop = colon;
    for (;;) {
      while (stop < end && bytes[stop] !== LF) stop++;
      // Whether the line goes on is in the byte behind it.
      if (stop + 1 >= end) return NEED_MORE;
      const next = bytes[stop + 1];
      if (next !== SP && next !== HT) break;
      stop++;
    }
    if (colon > line && bytes[colon] === COLON) readField(bytes, line, colon, stop, head);
    line = stop + 1;
  }
  return NEED_MORE;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SP || byte === HT || byte === CR || byte === LF;
}

function readField(bytes: Uint8Array, name: number, colon: number, stop: number, head: Head): void {
  const length = colon - name;
  // The lengths of the seven names below: most fields end here.
  if (length !== 4 && length !== 7 && length !== 10 && length !== 11 && length !== 14 && length !== 17) return;
  let start = colon + 1;
  let end = stop;
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end - 1])) end--;
  if (length === 4) {
    if (head.hostEnd === 0 && isTextIgnoringCase(bytes, name, colon, 'host')) {
      head.hostStart = start;
      head.hostEnd = end;
    }
  } else if (length === 7) {
    if (isTextIgnoringCase(bytes, name, colon, 'upgrade'))
      head.isToHttp2 = isTextIgnoringCase(bytes, start, end, 'h2c');
  } else if (length === 10) {
    if (isTextIgnoringCase(bytes, name, colon, 'user-agent')) {
      head.userAgentStart = start;
      head.userAgentEnd = end;
    } else if (isTextIgnoringCase(bytes, name, colon, 'tracestate')) {
      head.tracestateStart = start;
      head.tracestateEnd = end;
    }
  } else if (length === 11) {
    if (isTextIgnoringCase(bytes, name, colon, 'traceparent')) {
      head.traceparentStart = start;
      head.traceparentEnd = end;
    }
  } else if (length === 14) {
    if (isTextIgnoringCase(bytes, name, colon, 'content-length')) readContentLength(bytes, start, end, head);
  } else if (isTextIgnoringCase(bytes, name, colon, 'transfer-encoding')) {
    readTransferEncoding(bytes, start, end, head);
  }
}

/** RFC 9112 §6.3 rule 5: a list of equal numbers, or equal lines, is one number; all else is invalid. */
function readContentLength(bytes: Uint8Array, start: number, end: number, head: Head): void {
  let at = start;
  for (;;) {
    while (at < end && isSpace(bytes[at])) at++;
    const digits = at;
    let value = 0;
    for (; at < end; at++) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const isNumber = at > digits && at - digits <= LENGTH_DIGITS_MAX;
    while (at < end && isSpace(bytes[at])) at++;
    const isWhole = at === end || bytes[at] === COMMA;
    if (!isNumber || !isWhole || (head.contentLength !== LENGTH_ABSENT && head.contentLength !== value)) {
      head.contentLength = LENGTH_INVALID;
      return;
    }
    head.contentLength = value;
    if (at === end) return;
    at++;
  }
}

/** Only the last coding matters (RFC 9112 §6.3 rule 4); of several lines, the last one has it. */
function readTransferEncoding(bytes: Uint8Array, start: number, end: number, head: Head): void {
  let last = end;
  while (last > start && bytes[last - 1] !== COMMA) last--;
  while (last < end && isSpace(bytes[last])) last++;
  head.transferCoding = isTextIgnoringCase(bytes, last, end, 'chunked') ? 'chunked' : 'other';
}

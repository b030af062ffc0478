import { COLON, COMMA, CR, HT, isTextIgnoringCase, LF, SP } from './ascii.ts';
import { type Head, LENGTH_ABSENT, LENGTH_INVALID, NEED_MORE } from './head.ts';
import { lineEnd } from './scan.ts';

const LENGTH_DIGITS_MAX = 15;

/**
 * Reads the field lines of a head from `at`, right behind the start line. Returns the offset behind the empty line, or NEED_MORE.
 *
 * As tolerant as RFC 9112 allows: a bare LF ends a line (§2.2), a line that begins with white space continues the one before (§5.2).
 * Lines that are no fields are skipped: only framing and identity are of interest here.
 */
export function parseFields(bytes: Uint8Array, at: number, end: number, head: Head): number {
  const { last } = head;
  const length = last.lengthAt(bytes, at, end);
  head.fieldsStart = at;
  if (length === 0) {
    const behind = readFields(bytes, at, end, head);
    if (behind !== NEED_MORE) head.fieldsEnd = behind;
    return behind;
  }
  head.isRepeated = true;
  head.contentLength = last.contentLength;
  head.transferCoding = last.transferCoding;
  head.isToHttp2 = last.isToHttp2;
  head.fieldsEnd = at + length;
  return at + length;
}

function readFields(bytes: Uint8Array, at: number, end: number, head: Head): number {
  let line = at;
  while (line < end) {
    const first = bytes[line] ?? 0;
    if (first === CR || first === LF) {
      let blank = line;
      while (blank < end && bytes[blank] === CR) blank++;
      if (blank >= end) return NEED_MORE;
      if (bytes[blank] === LF) return blank + 1;
    }
    let stop = line;
    for (;;) {
      stop = lineEnd(bytes, stop, end);
      // Whether the line goes on is in the byte behind it.
      if (stop + 1 >= end) return NEED_MORE;
      const next = bytes[stop + 1];
      if (next !== SP && next !== HT) break;
      stop++;
    }
    readField(first | 0x20, bytes, line, stop, head);
    line = stop + 1;
  }
  return NEED_MORE;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SP || byte === HT || byte === CR || byte === LF;
}

/** Most names are of no interest, which their first letter tells. */
function readField(letter: number, bytes: Uint8Array, line: number, stop: number, head: Head): void {
  switch (letter) {
    case 0x63:
      if (isField(bytes, line, stop, 'content-length')) readContentLength(bytes, line + 15, stop, head);
      break;
    case 0x68:
      if (head.hostEnd === 0 && isField(bytes, line, stop, 'host')) {
        head.hostStart = valueStart(bytes, line + 5, stop);
        head.hostEnd = valueEnd(bytes, head.hostStart, stop);
      }
      break;
    case 0x74:
      if (isField(bytes, line, stop, 'traceparent')) {
        head.isTraceparentRepeated = head.traceparentStart > 0;
        head.traceparentStart = valueStart(bytes, line + 12, stop);
        head.traceparentEnd = valueEnd(bytes, head.traceparentStart, stop);
      } else if (isField(bytes, line, stop, 'tracestate')) {
        const start = valueStart(bytes, line + 11, stop);
        const end = valueEnd(bytes, start, stop);
        if (head.tracestateStart > 0) head.moreTracestate.push(start, end);
        else {
          head.tracestateStart = start;
          head.tracestateEnd = end;
        }
      } else if (isField(bytes, line, stop, 'transfer-encoding')) {
        const start = valueStart(bytes, line + 18, stop);
        readTransferEncoding(bytes, start, valueEnd(bytes, start, stop), head);
      }
      break;
    case 0x75:
      if (isField(bytes, line, stop, 'user-agent')) {
        head.userAgentStart = valueStart(bytes, line + 11, stop);
        head.userAgentEnd = valueEnd(bytes, head.userAgentStart, stop);
      } else if (isField(bytes, line, stop, 'upgrade')) {
        const start = valueStart(bytes, line + 8, stop);
        head.isToHttp2 = isTextIgnoringCase(bytes, start, valueEnd(bytes, start, stop), 'h2c');
      }
      break;
  }
}

function isField(bytes: Uint8Array, line: number, stop: number, name: string): boolean {
  const colon = line + name.length;
  return colon < stop && bytes[colon] === COLON && isTextIgnoringCase(bytes, line, colon, name);
}

function valueStart(bytes: Uint8Array, start: number, stop: number): number {
  let at = start;
  while (at < stop && isSpace(bytes[at])) at++;
  return at;
}

function valueEnd(bytes: Uint8Array, start: number, stop: number): number {
  let at = stop;
  while (at > start && isSpace(bytes[at - 1])) at--;
  return at;
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

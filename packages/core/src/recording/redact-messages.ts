import { MASK, maskQuery } from './mask-query.ts';

const HT = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const DIGIT_0 = 0x30;
const COLON = 0x3a;

/** What a field says of the message; SECRET: its value is masked. */
const FIELD = { OTHER: 0, SECRET: 1, LENGTH: 2, CODING: 3 } as const;
type Field = (typeof FIELD)[keyof typeof FIELD];

interface Name {
  readonly bytes: Uint8Array;
  readonly field: Field;
}

/** By length, which sorts out most fields at one look. */
const NAMES: readonly (readonly Name[])[] = byLength({
  authorization: FIELD.SECRET,
  cookie: FIELD.SECRET,
  'proxy-authorization': FIELD.SECRET,
  'set-cookie': FIELD.SECRET,
  'x-amz-security-token': FIELD.SECRET,
  'x-api-key': FIELD.SECRET,
  'x-auth-token': FIELD.SECRET,
  'x-csrf-token': FIELD.SECRET,
  'content-length': FIELD.LENGTH,
  'transfer-encoding': FIELD.CODING,
});
const CHUNKED = bytesOf('chunked');
const STATUS_LINE = bytesOf('HTTP/1.');
/** 1 for the bytes of a token (RFC 9110 §5.6.2). */
const TOKEN = new Uint8Array(256);
for (const byte of bytesOf("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
  TOKEN[byte] = 1;
}
const LENGTH_UNKNOWN = -1;
/** Longer than the name of any field that matters. */
const CUT_LINE_MAX = 256;

/** Masks the HTTP/1 messages in `bytes[start..end)`; leaves alone what does not begin like one. False where nothing did. */
export function redactMessages(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const next = isStatusLine(bytes, at, end) ? at : maskRequestLine(bytes, at, end);
    if (next < 0) break;
    at = maskMessage(bytes, behindLine(bytes, next, end), end);
  }
  return at > start;
}

/**
 * Masks a piece of a head that goes on in the middle of it. `cut` is the beginning of the line that the piece continues, as it was; undefined where
 * that is not known, and then the rest of the line is masked. Returns the beginning of the line that is cut at its end.
 */
export function redactHeadPiece(bytes: Uint8Array, start: number, end: number, cut: string | undefined): string {
  const lastLine = bytes.lastIndexOf(LF, end - 1);
  const hasLine = lastLine >= start;
  const text = String.fromCharCode(...bytes.subarray(hasLine ? lastLine + 1 : start, end));
  const next = hasLine ? text : `${cut ?? ''}${text}`;
  const lineEnd = endOfLine(bytes, start, end);
  if (cut === undefined) {
    // What is left of the line still has to be a field, or the end of a request line.
    const behindValue = endsRequestLine(bytes, start, lineEnd) ? lineEnd - ' HTTP/1.1'.length : lineEnd;
    bytes.fill(MASK, start, behindValue);
    if (behindValue === lineEnd && lineEnd > start) bytes[start] = COLON;
  } else if (cut !== '') {
    const line = bytesOf(cut + String.fromCharCode(...bytes.subarray(start, lineEnd)));
    const colon = line.indexOf(COLON);
    const valueStart = start + Math.max(0, colon + 1 - cut.length);
    if (colon >= 0 && fieldNamed(line, 0, colon) === FIELD.SECRET) bytes.fill(MASK, valueStart, lineEnd);
  }
  maskMessage(bytes, cut === '' ? start : behindLine(bytes, lineEnd, end), end);
  return next.slice(0, CUT_LINE_MAX);
}

/** Whether the bytes may be the beginning of an HTTP/1 message that goes on in the next call. */
export function mayBeginMessage(bytes: Uint8Array, start: number, end: number): boolean {
  if (startsWith(bytes, start, STATUS_LINE.subarray(0, end - start))) return true;
  for (let at = start; at < end; at++) if (TOKEN[bytes[at] ?? 0] !== 1) return false;
  return true;
}

/** Masks all of it. */
export function maskAll(bytes: Uint8Array, start: number, end: number): void {
  bytes.fill(MASK, start, end);
}

function endsRequestLine(bytes: Uint8Array, start: number, lineEnd: number): boolean {
  const at = lineEnd - ' HTTP/1.1'.length;
  return at >= start && bytes[at] === SP && startsWith(bytes, at + 1, STATUS_LINE) && isDigit(bytes[lineEnd - 1]);
}

/** Returns where to look for the end of the line, or -1 where it is no request line. */
function maskRequestLine(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && TOKEN[bytes[at] ?? 0] === 1) at++;
  if (at === start || at + 1 >= end || bytes[at] !== SP || isSpace(bytes[at + 1])) return -1;
  at++;
  const target = at;
  while (at < end && !isSpace(bytes[at])) at++;
  maskQuery(bytes, target, at);
  return at;
}

function isStatusLine(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 12 || !startsWith(bytes, at, STATUS_LINE)) return false;
  const minor = bytes[at + 7];
  if ((minor !== DIGIT_0 && minor !== DIGIT_0 + 1) || bytes[at + 8] !== SP) return false;
  return isDigit(bytes[at + 9]) && isDigit(bytes[at + 10]) && isDigit(bytes[at + 11]);
}

/** Masks field lines from `start` on, and the body. Returns where the next message may begin. */
function maskMessage(bytes: Uint8Array, start: number, end: number): number {
  let length = LENGTH_UNKNOWN;
  let isChunked: boolean | undefined;
  let isSecret = false;
  let at = start;
  while (at < end) {
    const first = bytes[at];
    if (first === LF) return maskBody(bytes, at + 1, end, length, isChunked === true);
    if (first === CR && bytes[at + 1] === LF && at + 1 < end) {
      return maskBody(bytes, at + 2, end, length, isChunked === true);
    }
    let colon = at;
    while (colon < end && bytes[colon] !== COLON && bytes[colon] !== LF) colon++;
    // From one before, so that the CR of a line without a colon is seen.
    const lineEnd = endOfLine(bytes, Math.max(at, colon - 1), end);
    const isContinued = first === SP || first === HT;
    // The value of a credential may go on in a line that begins with white space.
    if (isContinued && isSecret) {
      bytes.fill(MASK, at, lineEnd);
    } else if (colon < lineEnd) {
      const field = fieldNamed(bytes, at, colon);
      isSecret = field === FIELD.SECRET;
      if (isSecret) bytes.fill(MASK, colon + 1, lineEnd);
      else if (field === FIELD.LENGTH && length === LENGTH_UNKNOWN) length = number(bytes, colon + 1, lineEnd, 10);
      else if (field === FIELD.CODING) isChunked ??= endsChunked(bytes, colon + 1, lineEnd);
    }
    at = behindLine(bytes, lineEnd, end);
  }
  return end;
}

function fieldNamed(bytes: Uint8Array, lineStart: number, colon: number): Field {
  let start = lineStart;
  let end = colon;
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end - 1])) end--;
  const names = NAMES[end - start];
  if (names === undefined) return FIELD.OTHER;
  for (const name of names) if (startsWithIgnoringCase(bytes, start, name.bytes)) return name.field;
  return FIELD.OTHER;
}

function endsChunked(bytes: Uint8Array, start: number, lineEnd: number): boolean {
  let end = lineEnd;
  while (end > start && isSpace(bytes[end - 1])) end--;
  return end - start >= CHUNKED.length && startsWithIgnoringCase(bytes, end - CHUNKED.length, CHUNKED);
}

function maskBody(bytes: Uint8Array, start: number, end: number, length: number, isChunked: boolean): number {
  if (isChunked) return maskChunks(bytes, start, end);
  if (length <= 0) return start;
  const behind = Math.min(end, start + length);
  bytes.fill(MASK, start, behind);
  return behind;
}

function maskChunks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const lineEnd = endOfLine(bytes, at, end);
    const size = number(bytes, at, lineEnd, 16);
    if (size === LENGTH_UNKNOWN) return end;
    const data = behindLine(bytes, lineEnd, end);
    if (size === 0) return behindLine(bytes, data, end);
    const behind = Math.min(end, data + size);
    bytes.fill(MASK, data, behind);
    at = behindLine(bytes, behind, end);
  }
  return end;
}

/** The number that the digits behind white space make; LENGTH_UNKNOWN where there are none. */
function number(bytes: Uint8Array, start: number, end: number, base: 10 | 16): number {
  let at = start;
  while (at < end && isSpace(bytes[at])) at++;
  let value = LENGTH_UNKNOWN;
  for (; at < end; at++) {
    const digit = digitOf(bytes[at] ?? 0);
    if (digit < 0 || digit >= base) break;
    value = Math.max(0, value) * base + digit;
  }
  return value;
}

function digitOf(byte: number): number {
  if (isDigit(byte)) return byte - DIGIT_0;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_0 + 9;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SP || byte === HT || byte === CR || byte === LF;
}

function startsWith(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** `wanted` is in lower case. */
function startsWithIgnoringCase(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (((bytes[start + i] ?? 0) | 0x20) !== wanted[i]) return false;
  return true;
}

/** Index of the CR or LF that ends the line, or `end`. */
function endOfLine(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== LF) at++;
  return at < end && at > start && bytes[at - 1] === CR ? at - 1 : at;
}

function behindLine(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== LF) at++;
  return Math.min(end, at + 1);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function byLength(fields: Readonly<Record<string, Field>>): Name[][] {
  const names: Name[][] = [];
  for (const [name, field] of Object.entries(fields)) {
    names[name.length] ??= [];
    names[name.length]?.push({ bytes: bytesOf(name), field });
  }
  return names;
}

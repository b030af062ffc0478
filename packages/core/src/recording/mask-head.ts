import { COLON, COMMA, CR, HT, IS_TOKEN, isTextIgnoringCase, LF, SP } from '../protocols/http1/ascii.ts';
import { METHODS } from '../protocols/http1/detect.ts';
import { indexOf, lineEnd, wordEnd } from '../protocols/http1/scan.ts';
import { newText } from '../protocols/text.ts';
import { isHost, isLength, isMethod, isTraceparent } from './kept-values.ts';
import { MASK } from './mask.ts';
import { maskQuery, maskTarget } from './mask-target.ts';

const STATUS_LINE = 'HTTP/1.';
/** `HTTP/1.1 200 `. */
const STATUS_BYTES = 13;
/** ` HTTP/1.1`. */
const VERSION_BYTES = 9;

interface KeptField {
  readonly name: string;
  /** Whether such a value may be read by everybody. */
  readonly mayKeep: (value: string) => boolean;
}

/** Fields that are written with what they say, if that is of their grammar, by the length of their names. */
const KEPT: readonly (KeptField | undefined)[] = byLength([
  { name: 'host', mayKeep: isHost },
  { name: 'upgrade', mayKeep: (value) => /^h2c$/i.test(value) },
  { name: 'traceparent', mayKeep: isTraceparent },
  { name: 'content-length', mayKeep: isLength },
  { name: 'transfer-encoding', mayKeep: (value) => /^chunked$/i.test(value) },
]);

/**
 * Masks the head of an HTTP/1 message, whole or cut, byte for byte, but for what is known to be harmless: method, version and status, what frames
 * the message, its host and `traceparent`. `keepsPaths`: the path, and the names of the parameters of its query, too.
 */
export function maskHead(bytes: Uint8Array, start: number, end: number, keepsPaths: boolean): void {
  let at = start;
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
  if (at === end) return;
  const stop = lineEnd(bytes, at, end);
  if (newText(bytes, at, Math.min(stop, at + STATUS_LINE.length)) === STATUS_LINE) {
    maskStatusLine(bytes, at, stop);
  } else {
    maskRequestLine(bytes, at, stop, keepsPaths);
  }
  maskFields(bytes, Math.min(end, stop + 1), end);
}

/** Masks field lines, up to the empty one and behind it. */
export function maskFields(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; ) {
    let stop = lineEnd(bytes, at, end);
    // A line that begins with white space continues the one before (RFC 9112 §5.2).
    while (stop + 1 < end && (bytes[stop + 1] === SP || bytes[stop + 1] === HT)) stop = lineEnd(bytes, stop + 1, end);
    // A value that is cut may be the beginning of another one.
    maskField(bytes, at, stop, stop < end);
    at = stop + 1;
  }
}

/** Of a line that is no request line, as far as it goes, nothing is left. */
function maskRequestLine(bytes: Uint8Array, start: number, stop: number, keepsPaths: boolean): void {
  let methodEnd = start;
  while (methodEnd < stop && IS_TOKEN[bytes[methodEnd] ?? 0] === 1) methodEnd++;
  const targetEnd = wordEnd(bytes, methodEnd + 1, stop);
  const versionEnd = targetEnd + VERSION_BYTES;
  const isProven = versionEnd <= stop && / HTTP\/1\.\d/.test(newText(bytes, targetEnd, versionEnd));
  const method = newText(bytes, start, methodEnd);
  if ((!isProven && !METHODS.includes(method)) || methodEnd >= stop || bytes[methodEnd] !== SP) {
    const said = newText(bytes, start, stop);
    if (![STATUS_LINE, ...METHODS].some((beginning) => beginning.startsWith(said))) maskBytes(bytes, start, stop);
    return;
  }
  if (!isMethod(method)) maskBytes(bytes, start, methodEnd);
  if (keepsPaths) maskQuery(bytes, methodEnd + 1, targetEnd);
  else maskTarget(bytes, methodEnd + 1, targetEnd, targetEnd < stop);
  const isCut = ' HTTP/1.'.startsWith(newText(bytes, targetEnd, stop));
  if (!isCut) maskBytes(bytes, isProven ? versionEnd : targetEnd, stop);
}

function maskStatusLine(bytes: Uint8Array, start: number, stop: number): void {
  const end = Math.min(stop, start + STATUS_BYTES);
  const isStatus = /^HTTP\/1\.(?:\d(?: (?:\d{1,3}|\d{3}[ \r])?)?)?$/.test(newText(bytes, start, end));
  maskBytes(bytes, isStatus ? end : start + STATUS_LINE.length, stop);
}

function maskField(bytes: Uint8Array, start: number, stop: number, isWhole: boolean): void {
  const colon = indexOf(COLON, bytes, start, stop);
  const field = KEPT[colon - start];
  if (field === undefined || colon === stop || !isTextIgnoringCase(bytes, start, colon, field.name)) {
    maskBytes(bytes, start, Math.min(colon, stop));
    maskBytes(bytes, colon + 1, stop);
    return;
  }
  // Only the last one of the codings matters (RFC 9112 §6.3).
  const value = field.name === 'transfer-encoding' ? behindLast(COMMA, bytes, colon + 1, stop) : colon + 1;
  maskBytes(bytes, colon + 1, value - 1);
  if (!isWhole || !field.mayKeep(newText(bytes, value, stop).trim())) maskBytes(bytes, value, stop);
}

function behindLast(byte: number, bytes: Uint8Array, start: number, stop: number): number {
  return Math.max(start, bytes.subarray(0, stop).lastIndexOf(byte) + 1);
}

/** Masks all but the ends of lines, and the white space by which a line continues the one before. */
function maskBytes(bytes: Uint8Array, start: number, stop: number): void {
  for (let at = start; at < stop; ) {
    const end = lineEnd(bytes, at, stop);
    let textEnd = end;
    while (textEnd > at && bytes[textEnd - 1] === CR) textEnd--;
    const isContinued = at > start && (bytes[at] === SP || bytes[at] === HT);
    bytes.fill(MASK, isContinued ? at + 1 : at, textEnd);
    at = end + 1;
  }
}

function byLength(fields: readonly KeptField[]): (KeptField | undefined)[] {
  const kept: (KeptField | undefined)[] = [];
  for (const field of fields) kept[field.name.length] = field;
  return kept;
}

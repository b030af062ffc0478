import { RECORD_HEADER, RECORD_KIND, TURN_RECORD } from '../events/layout.gen.ts';

const MASK = 0x2a; // '*'
const LF = 0x0a;
const CR = 0x0d;
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'x-amz-security-token',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
]);
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ (\S+)/;
const STATUS_LINE = /^HTTP\/1\.[01] \d{3}/;

/**
 * Masks what may be secret in a copy of a batch, in place and without changing any length: the values of query parameters, of
 * headers that carry credentials, and the bytes of bodies that follow a head in the same record (chunk framing is kept). Kernel
 * addresses are cleared. In stream mode a body whose head was in an earlier record stays as captured.
 */
export function redactBatch(batch: Uint8Array): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  for (let at = 0; at + RECORD_HEADER.size <= batch.length; ) {
    const size = view.getUint32(at + RECORD_HEADER.sizeOffset, true);
    const kind = batch[at + RECORD_HEADER.kind];
    if (size < RECORD_HEADER.size || at + size > batch.length) return;
    if ((kind === RECORD_KIND.TURN || kind === RECORD_KIND.CHUNK) && size >= TURN_RECORD.size) {
      view.setBigUint64(at + TURN_RECORD.sock, 0n, true);
      const captured = Math.min(view.getUint16(at + TURN_RECORD.captured, true), size - TURN_RECORD.size);
      redactMessages(batch.subarray(at + TURN_RECORD.size, at + TURN_RECORD.size + captured));
      // What a reservation did not fill is old ring memory.
      batch.fill(0, at + TURN_RECORD.size + captured, at + size);
    }
    at += (size + 7) & ~7;
  }
}

function redactMessages(bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    const head = headAt(bytes, at);
    if (head === undefined) return;
    maskQuery(bytes, at, head.firstLine);
    for (const line of head.lines) {
      if (SECRET_HEADERS.has(line.name)) bytes.fill(MASK, line.valueStart, line.end);
    }
    at = maskBody(bytes, head);
  }
}

interface Line {
  readonly name: string;
  readonly value: string;
  readonly valueStart: number;
  readonly end: number;
}

interface Head {
  readonly firstLine: string;
  readonly lines: readonly Line[];
  readonly end: number;
}

function headAt(bytes: Uint8Array, start: number): Head | undefined {
  let lineEnd = endOfLine(bytes, start);
  const firstLine = latin1(bytes, start, lineEnd);
  if (!REQUEST_LINE.test(firstLine) && !STATUS_LINE.test(firstLine)) return undefined;
  const lines: Line[] = [];
  let at = nextLine(bytes, lineEnd);
  while (at < bytes.length) {
    lineEnd = endOfLine(bytes, at);
    if (lineEnd === at) return { firstLine, lines, end: nextLine(bytes, lineEnd) };
    const text = latin1(bytes, at, lineEnd);
    const colon = text.indexOf(':');
    if (colon > 0) {
      lines.push({
        name: text.slice(0, colon).trim().toLowerCase(),
        value: text.slice(colon + 1).trim(),
        valueStart: at + colon + 1,
        end: lineEnd,
      });
    }
    at = nextLine(bytes, lineEnd);
  }
  return { firstLine, lines, end: bytes.length };
}

function maskQuery(bytes: Uint8Array, start: number, firstLine: string): void {
  const target = REQUEST_LINE.exec(firstLine)?.[1];
  const query = target?.indexOf('?') ?? -1;
  if (target === undefined || query < 0) return;
  const targetStart = start + firstLine.indexOf(target);
  let isValue = false;
  for (let at = targetStart + query + 1; at < targetStart + target.length; at++) {
    if (bytes[at] === 0x26) isValue = false;
    else if (isValue) bytes[at] = MASK;
    else if (bytes[at] === 0x3d) isValue = true;
  }
}

/** Returns where the next message may begin. */
function maskBody(bytes: Uint8Array, head: Head): number {
  const header = (name: string): string | undefined => head.lines.find((line) => line.name === name)?.value;
  if (header('transfer-encoding')?.toLowerCase().endsWith('chunked')) return maskChunks(bytes, head.end);
  const length = Number.parseInt(header('content-length') ?? '', 10);
  if (Number.isNaN(length)) return head.end;
  const end = Math.min(bytes.length, head.end + length);
  bytes.fill(MASK, head.end, end);
  return end;
}

function maskChunks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const lineEnd = endOfLine(bytes, at);
    const size = Number.parseInt(latin1(bytes, at, lineEnd), 16);
    if (Number.isNaN(size)) return bytes.length;
    const data = nextLine(bytes, lineEnd);
    if (size === 0) return nextLine(bytes, endOfLine(bytes, data));
    const end = Math.min(bytes.length, data + size);
    bytes.fill(MASK, data, end);
    at = nextLine(bytes, endOfLine(bytes, end));
  }
  return at;
}

/** Index of the CR or LF that ends the line, or the end. */
function endOfLine(bytes: Uint8Array, start: number): number {
  const lf = bytes.indexOf(LF, start);
  if (lf < 0) return bytes.length;
  return lf > start && bytes[lf - 1] === CR ? lf - 1 : lf;
}

function nextLine(bytes: Uint8Array, lineEnd: number): number {
  const lf = bytes.indexOf(LF, lineEnd);
  return lf < 0 ? bytes.length : lf + 1;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

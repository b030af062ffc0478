import {
  BEYLA_ABI_VERSION,
  CLOSE_RECORD,
  HEAD_RECORD,
  RECORD_HEADER,
  RECORD_KIND,
  TURN_RECORD,
} from '../events/layout.gen.ts';
import { MASK } from './mask.ts';

/** What stands for content. No protocol begins like this, so that a replay finds none where the live run found none; asterisks may be a method. */
export const CONTENT_MASK = 0xff;

/** `\r\n0\r\n\r\n`: the end of the last chunk of a body without trailers; the last four of them end a head. */
const LAST_CHUNK = [0x0d, 0x0a, 0x30, 0x0d, 0x0a, 0x0d, 0x0a];
const EMPTY_LINE_BYTES = 4;
const TAIL_BYTES = 8;

/** Records that say nothing but which process or connection they are about, and when. */
const HARMLESS: ReadonlySet<number> = new Set([
  RECORD_KIND.CLOSE,
  RECORD_KIND.FORK,
  RECORD_KIND.EXIT,
  RECORD_KIND.TLS,
  RECORD_KIND.LOADED,
  RECORD_KIND.UNSEEN,
]);

/**
 * Masks all content of a copy of a batch, which begins at `start`, in place and without changing any length; `ContentRedactor` puts back what may be
 * recorded of it. Kernel addresses are cleared. Records of kinds that a replay does not need, which may be of any process, are emptied, and
 * so is what is no record.
 */
export function redactBatch(bytes: Uint8Array, start = 0): void {
  const { length } = bytes;
  let at = start;
  while (at + RECORD_HEADER.size <= length) {
    const size = uint32(bytes, at + RECORD_HEADER.sizeOffset);
    if (size < RECORD_HEADER.size || at + size > length) break;
    redactRecord(bytes, at, at + size);
    const next = Math.min(length, at + ((size + 7) & ~7));
    bytes.fill(0, at + size, next);
    at = next;
  }
  bytes.fill(0, at);
}

function redactRecord(bytes: Uint8Array, at: number, end: number): void {
  const kind = bytes[at + RECORD_HEADER.kind] ?? 0;
  const size = end - at;
  const isOurs = bytes[at + RECORD_HEADER.abi] === BEYLA_ABI_VERSION;
  if (isOurs && (kind === RECORD_KIND.TURN || kind === RECORD_KIND.CHUNK) && size >= TURN_RECORD.size) {
    bytes.fill(0, at + TURN_RECORD.sock, at + TURN_RECORD.sock + 8);
    redactTail(bytes, at + TURN_RECORD.tail);
    redactContent(bytes, at + TURN_RECORD.size, uint16(bytes, at + TURN_RECORD.captured), end);
  } else if (isOurs && kind === RECORD_KIND.HEAD && size >= HEAD_RECORD.size) {
    redactContent(bytes, at + HEAD_RECORD.size, uint16(bytes, at + HEAD_RECORD.captured), end);
  } else if (!isOurs || !HARMLESS.has(kind) || size > CLOSE_RECORD.size) {
    bytes.fill(0, at + RECORD_HEADER.size, end);
  }
}

function redactContent(bytes: Uint8Array, start: number, captured: number, end: number): void {
  const behind = Math.min(end, start + captured);
  bytes.fill(CONTENT_MASK, start, behind);
  // What a reservation did not fill is old ring memory.
  bytes.fill(0, behind, end);
}

/** Of the last bytes of a turn it matters whether they end a message, and whether they are known. */
function redactTail(bytes: Uint8Array, start: number): void {
  const end = start + TAIL_BYTES;
  let same = 0;
  while (same < LAST_CHUNK.length && bytes[end - 1 - same] === LAST_CHUNK[LAST_CHUNK.length - 1 - same]) same++;
  const kept = same === LAST_CHUNK.length ? same : same >= EMPTY_LINE_BYTES ? EMPTY_LINE_BYTES : 0;
  if (bytes.subarray(start, end).some((byte) => byte !== 0)) bytes.fill(MASK, start, end - kept);
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Records behind a frame's prefix are not aligned: no view of words can read them. */
function uint32(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) | (uint16(bytes, at + 2) << 16)) >>> 0;
}

import { viewOf } from '../bytes-view.ts';
import { LF, SP } from './ascii.ts';

/** Four bytes of one value. */
const EACH = 0x01010101;
const HIGH_BITS = 0x80808080;
const DEL = 0x7f;

/** The offset of the first `byte` in `bytes[start..end)`, or `end`. Four bytes at a time: a head is mostly read for its line ends. */
export function indexOf(byte: number, bytes: Uint8Array, start: number, end: number): number {
  const view = viewOf(bytes);
  const wanted = Math.imul(byte, EACH);
  let at = start;
  for (const last = end - 4; at <= last; at += 4) {
    // A high bit is set where the byte is; above the first one it may be wrong.
    const word = view.getInt32(at, true) ^ wanted;
    const found = (word - EACH) & ~word & HIGH_BITS;
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3);
  }
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  return indexOf(LF, bytes, start, end);
}

/** The offset of the first byte that is white space or a control character, or `end`. */
export function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  const view = viewOf(bytes);
  let at = start;
  for (const last = end - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    const deleted = word ^ (DEL * EACH);
    if ((((word - (SP + 1) * EACH) & ~word) | ((deleted - EACH) & ~deleted)) & HIGH_BITS) break;
  }
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= SP || byte === DEL) break;
  }
  return at;
}

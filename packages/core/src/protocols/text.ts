import { Buffer } from 'node:buffer';

const CACHE_SLOTS = 2048;
const CACHED_LENGTH_MAX = 96;
const cache: string[] = new Array<string>(CACHE_SLOTS).fill('');

let viewed: Uint8Array = new Uint8Array(0);
let view: Buffer = Buffer.alloc(0);

function viewOf(bytes: Uint8Array): Buffer {
  if (viewed !== bytes) {
    viewed = bytes;
    view = Buffer.from(viewed.buffer, viewed.byteOffset, viewed.byteLength);
  }
  return view;
}

/** Of ASCII texts only: where a byte is more than one character, or none, it says no. */
function isSame(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i] ?? 0x80;
    if (byte >= 0x80 || text.charCodeAt(i) !== byte) return false;
  }
  return true;
}

/** Like `textFrom`, where the text is likely to be the one before: it costs one comparison then. */
export function textLike(before: string, bytes: Uint8Array, start: number, end: number): string {
  return end - start === before.length && isSame(before, bytes, start) ? before : textFrom(bytes, start, end);
}

/**
 * The text of `bytes[start..end)`: ASCII, or UTF-8 with U+FFFD for what is not.
 *
 * Hosts, user agents and most paths come again and again: short ASCII texts are kept in a small direct-mapped cache, which saves
 * the allocation and lets the engine keep the string's hash.
 */
export function textFrom(bytes: Uint8Array, start: number, end: number): string {
  let hash = 0x811c9dc5;
  let high = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    hash = Math.imul(hash ^ byte, 0x01000193);
    high |= byte;
  }
  if (high >= 0x80) return viewOf(bytes).toString('utf8', start, end);
  const length = end - start;
  if (length > CACHED_LENGTH_MAX) return viewOf(bytes).toString('latin1', start, end);
  const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
  const known = cache[slot];
  if (known !== undefined && known.length === length && isSame(known, bytes, start)) return known;
  const text = viewOf(bytes).toString('latin1', start, end);
  cache[slot] = text;
  return text;
}

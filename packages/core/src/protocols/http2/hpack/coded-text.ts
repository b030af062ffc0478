import { textFrom } from '../../text.ts';
import { huffmanDecode } from './huffman-decoder.ts';

const CACHE_SLOTS = 1024;
/** Longer values do not come again so often. */
const CACHED_BYTES_MAX = 64;

/** Small direct-mapped cache of values by their coded bytes: paths and hosts come again and again, and decoding costs more than comparing. */
const cachedBytes = new Uint8Array(CACHE_SLOTS * CACHED_BYTES_MAX);
const cachedLengths = new Uint8Array(CACHE_SLOTS);
const cachedTexts: string[] = new Array<string>(CACHE_SLOTS).fill('');

let scratch: Uint8Array = new Uint8Array(4096);

/** The text that is Huffman-coded in `bytes[start..end)`, or undefined where that is none. */
export function codedText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > CACHED_BYTES_MAX || length === 0) return decode(bytes, start, end);
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
  const base = slot * CACHED_BYTES_MAX;
  if (cachedLengths[slot] === length) {
    let i = 0;
    while (i < length && cachedBytes[base + i] === bytes[start + i]) i++;
    if (i === length) return cachedTexts[slot];
  }
  const text = decode(bytes, start, end);
  if (text === undefined) return undefined;
  for (let i = 0; i < length; i++) cachedBytes[base + i] = bytes[start + i] ?? 0;
  cachedLengths[slot] = length;
  cachedTexts[slot] = text;
  return text;
}

function decode(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (scratch.length < 2 * (end - start)) scratch = new Uint8Array(4 * (end - start));
  const length = huffmanDecode(bytes, start, end, scratch);
  return length < 0 ? undefined : textFrom(scratch, 0, length);
}

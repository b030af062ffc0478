import { newText } from '../../text.ts';
import { TextCache } from '../../text-cache.ts';
import { huffmanDecode } from './huffman-decoder.ts';

/** By their coded bytes: decoding costs more than comparing. */
const cache = new TextCache(1024);

let scratch: Uint8Array = new Uint8Array(4096);

/** The text that is Huffman-coded in `bytes[start..end)`, or undefined where that is none. */
export function codedText(bytes: Uint8Array, start: number, end: number): string | undefined {
  return cache.get(bytes, start, end, decode);
}

function decode(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (scratch.length < 2 * (end - start)) scratch = new Uint8Array(4 * (end - start));
  const length = huffmanDecode(bytes, start, end, scratch);
  return length < 0 ? undefined : newText(scratch, 0, length);
}

import { Buffer } from 'node:buffer';
import { TextCache } from './text-cache.ts';

const cache = new TextCache(2048);

let viewed: Uint8Array = new Uint8Array(0);
let view: Buffer = Buffer.alloc(0);

/** The text of `bytes[start..end)`: ASCII, or UTF-8 with U+FFFD for what is not. Short ones that come again are the same string. */
export function textFrom(bytes: Uint8Array, start: number, end: number): string {
  return cache.get(bytes, start, end, newText);
}

/** The same, for what hardly comes again. */
export function newText(bytes: Uint8Array, start: number, end: number): string {
  if (viewed !== bytes) {
    viewed = bytes;
    view = Buffer.from(viewed.buffer, viewed.byteOffset, viewed.byteLength);
  }
  return view.toString('utf8', start, end);
}

import { viewOf } from '../bytes-view.ts';

const VERSION = 'HTTP/1.';
export const VERSION_LENGTH: number = VERSION.length;
const HTTP = 0x50545448;
const SLASH_ONE_DOT = 0x2e312f;

/** How many of the bytes at `at` are `HTTP/1.` before one is not, or before `end`. `VERSION_LENGTH` is all of it. */
export function versionLengthAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 <= end) {
    const view = viewOf(bytes);
    if (view.getInt32(at, true) === HTTP && (view.getInt32(at + 4, true) & 0xffffff) === SLASH_ONE_DOT)
      return VERSION_LENGTH;
  }
  let length = 0;
  while (length < VERSION.length && at + length < end && bytes[at + length] === VERSION.charCodeAt(length)) length++;
  return length;
}

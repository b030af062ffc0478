import type { Detection } from '../protocol.ts';
import { FRAME, FRAME_HEADER_BYTES, FrameHeader, PREFACE } from './frame.ts';
import { findFrame } from './frame-search.ts';

/** `PRI * HTTP/2.0\r\n`: no other protocol begins like this. */
const TELLING_BYTES = 16;

const header = new FrameHeader();

/** How many bytes are those of the preface. */
function prefaceBytes(bytes: Uint8Array, start: number, end: number): number {
  const length = Math.min(end - start, PREFACE.length);
  let same = 0;
  while (same < length && bytes[start + same] === PREFACE[same]) same++;
  return same;
}

export function beginsWithPreface(bytes: Uint8Array, start: number, end: number): boolean {
  return prefaceBytes(bytes, start, end) >= TELLING_BYTES;
}

/**
 * A client begins with the preface, a server with SETTINGS, which is proof only once the client speaks. In the middle of a connection
 * anything that looks like frames will do.
 */
export function detectHttp2(bytes: Uint8Array, start: number, end: number, isMidstream: boolean): Detection {
  const same = prefaceBytes(bytes, start, end);
  if (same >= TELLING_BYTES) return 'match';
  if (same === end - start) return 'more';
  if (isMidstream && findFrame(bytes, start, start, end) >= 0) return 'match';
  return mayBeSettings(bytes, start, end) ? 'more' : 'mismatch';
}

/** Whether bytes are, or may become, the first frame of a server. */
function mayBeSettings(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start >= FRAME_HEADER_BYTES) {
    header.read(bytes, start);
    return header.type === FRAME.SETTINGS && header.isPlausible;
  }
  if (end - start > 3 && bytes[start + 3] !== FRAME.SETTINGS) return false;
  return bytes[start] === 0;
}

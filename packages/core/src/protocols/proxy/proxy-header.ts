const V1_BYTES_MAX = 107;
const V2_SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const V2_BYTES_MIN = 16;
const V1_BEGINNING = Array.from('PROXY ', (char) => char.charCodeAt(0));
const CR = 0x0d;
const LF = 0x0a;

/** Bytes begin with no header. */
export const NO_HEADER = -1;
/** They may be the beginning of one. */
export const HEADER_OPEN = 0;

function sameBytes(bytes: Uint8Array, start: number, end: number, expected: readonly number[]): number {
  let same = 0;
  while (same < expected.length && start + same < end && bytes[start + same] === expected[same]) same++;
  return same;
}

/**
 * The length of the header of the PROXY protocol (version 1 or 2) with which `bytes[start..end)` begin, `HEADER_OPEN` where that is not whole yet, or
 * `NO_HEADER`. A load balancer says by it on whose behalf it connects, before anything else.
 */
export function proxyHeaderLength(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start];
  if (start < end && first === V1_BEGINNING[0]) return v1Length(bytes, start, end);
  if (start < end && first === CR) return v2Length(bytes, start, end);
  return NO_HEADER;
}

function v1Length(bytes: Uint8Array, start: number, end: number): number {
  const same = sameBytes(bytes, start, end, V1_BEGINNING);
  if (same < V1_BEGINNING.length) return start + same === end ? HEADER_OPEN : NO_HEADER;
  const limit = Math.min(end, start + V1_BYTES_MAX);
  for (let at = start + same; at + 1 < limit; at++) {
    if (bytes[at] === CR) return bytes[at + 1] === LF ? at + 2 - start : NO_HEADER;
  }
  return end - start < V1_BYTES_MAX ? HEADER_OPEN : NO_HEADER;
}

function v2Length(bytes: Uint8Array, start: number, end: number): number {
  const same = sameBytes(bytes, start, end, V2_SIGNATURE);
  if (same < V2_SIGNATURE.length) return start + same === end ? HEADER_OPEN : NO_HEADER;
  if (end - start < V2_BYTES_MIN) return HEADER_OPEN;
  // The upper half of the byte is the version, the lower one says whether the proxy connects on its own behalf.
  if ((bytes[start + 12] ?? 0) >> 4 !== 2) return NO_HEADER;
  const length = V2_BYTES_MIN + ((bytes[start + 14] ?? 0) << 8) + (bytes[start + 15] ?? 0);
  return length <= end - start ? length : HEADER_OPEN;
}

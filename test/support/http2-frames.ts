/** Frames of HTTP/2 (RFC 9113 §4.1) as bytes, to put on the wire. */

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;

const TYPES = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8, continuation: 9 } as const;

export function frame(type: keyof typeof TYPES, stream: number, payload: Uint8Array, flags = 0): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(TYPES[type], 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, 9);
  return bytes;
}

/** Bytes that differ from their neighbours, so that none can stand for another. */
export function payload(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, value = seed; at < length; at++) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = value >> 16;
  }
  return bytes;
}

export const SETTINGS: Buffer = frame('settings', 0, Buffer.from([0, 3, 0, 0, 0, 100]));

/** Byte ranges `[from, to)` that are payload of DATA frames longer than `limit`; `bytes` may begin with the preface. */
export function longData(bytes: Buffer, limit: number): [number, number][] {
  const ranges: [number, number][] = [];
  let at = bytes.subarray(0, PREFACE.length).equals(PREFACE) ? PREFACE.length : 0;
  while (at + 9 <= bytes.length) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes[at + 3] === TYPES.data && length > limit) ranges.push([at + 9, at + 9 + length]);
    at += 9 + length;
  }
  return ranges;
}

/** Frame types of RFC 9113 §6. */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const FRAME_FLAG = { END_STREAM: 0x01, ACK: 0x01, END_HEADERS: 0x04, PADDED: 0x08, PRIORITY: 0x20 } as const;

export const FRAME_HEADER_BYTES = 9;

/** What a client sends before its first frame (RFC 9113 §3.4). */
export const PREFACE: Uint8Array = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (char) => char.charCodeAt(0));

/** By type: flags that mean something. Of types that are not known, any may. */
const FLAGS = [
  FRAME_FLAG.END_STREAM | FRAME_FLAG.PADDED,
  FRAME_FLAG.END_STREAM | FRAME_FLAG.END_HEADERS | FRAME_FLAG.PADDED | FRAME_FLAG.PRIORITY,
  0,
  0,
  FRAME_FLAG.ACK,
  FRAME_FLAG.END_HEADERS | FRAME_FLAG.PADDED,
  FRAME_FLAG.ACK,
  0,
  0,
  FRAME_FLAG.END_HEADERS,
];
/** Longer frames of types that nobody knows are none: nobody has such a type and raises the limit. */
const EXTENSION_BYTES_MAX = 16_384;
/** Longer frames are not looked for: the default limit is 16 KiB, and few raise it beyond 64 KiB. */
const SOUGHT_BYTES_MAX = 0xffff;
const SOUGHT_BLOCK_BYTES_MAX = 16_384;
/** Streams beyond this are not looked for. */
const SOUGHT_STREAM_MAX = 1 << 24;

/** The header of a frame. One object is reused by each reader. */
export class FrameHeader {
  length = 0;
  type = 0;
  flags = 0;
  streamId = 0;

  /** Reads the nine bytes at `at`. */
  read(bytes: Uint8Array, at: number): void {
    this.length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    this.type = bytes[at + 3] ?? 0;
    this.flags = bytes[at + 4] ?? 0;
    this.streamId = readUint32(bytes, at + 5) & 0x7fffffff;
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** Whether a peer may send it at all: the rules of RFC 9113 §6 on lengths and stream ids. */
  get isValid(): boolean {
    const { length, streamId } = this;
    switch (this.type) {
      case FRAME.DATA:
      case FRAME.HEADERS:
      case FRAME.CONTINUATION:
        return streamId !== 0;
      case FRAME.PRIORITY:
        return streamId !== 0 && length === 5;
      case FRAME.RST_STREAM:
        return streamId !== 0 && length === 4;
      case FRAME.SETTINGS:
        return streamId === 0 && length % 6 === 0;
      case FRAME.PUSH_PROMISE:
        return streamId !== 0 && length >= 4;
      case FRAME.PING:
        return streamId === 0 && length === 8;
      case FRAME.GOAWAY:
        return streamId === 0 && length >= 8;
      case FRAME.WINDOW_UPDATE:
        return length === 4;
      default:
        return length <= EXTENSION_BYTES_MAX;
    }
  }

  /** Whether it looks like a frame where it is not known that there is one: of random bytes, about one in 2^28 does. */
  get isPlausible(): boolean {
    const { length, type, flags, streamId } = this;
    const known = FLAGS[type];
    if (known === undefined || (flags & ~known) !== 0 || !this.isValid) return false;
    if (streamId !== 0 && (streamId % 2 === 0 || streamId > SOUGHT_STREAM_MAX)) return false;
    if (type === FRAME.DATA) return length <= SOUGHT_BYTES_MAX && (length > 0 || flags !== 0);
    return length <= SOUGHT_BLOCK_BYTES_MAX;
  }
}

/** 32 bits in network order, as an integer that may be negative. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

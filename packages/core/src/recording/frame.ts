/**
 * A recording is a sequence of frames: a 4-byte length (of what follows the type), a 1-byte type, the payload; little-endian.
 * The first frame is HEADER.
 */
export const FRAME = {
  /** JSON `RecordingHeader`. */
  HEADER: 1,
  /** JSON `{monotonicNs, realtimeNs}` as decimal strings: how to turn the times of what follows into wall time. */
  CLOCK: 2,
  /** 8-byte float: CLOCK_MONOTONIC of the drain; then the records of the batch. */
  BATCH: 3,
  /** JSON `ProcessInfo`. */
  PROCESS_STARTED: 4,
  /** JSON `{pid, startTicks}`. */
  PROCESS_ENDED: 5,
} as const;

export const FRAME_PREFIX_BYTES = 5;
/** A frame that claims more is not one of ours: the largest holds a batch. */
export const FRAME_BYTES_MAX: number = 64 << 20;

export interface RecordingHeader {
  readonly format: 'beyla-recording';
  readonly version: 1;
  /** BEYLA_ABI_VERSION of the records inside. */
  readonly abi: number;
  /** The source that was in use. */
  readonly source: string;
}

/** A frame whose payload, of so many bytes, is still to be filled in behind the first FRAME_PREFIX_BYTES. */
export function beginFrame(type: number, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FRAME_PREFIX_BYTES + payloadBytes);
  new DataView(bytes.buffer).setUint32(0, payloadBytes, true);
  bytes[4] = type;
  return bytes;
}

export function jsonFrame(type: number, value: unknown): Uint8Array {
  const payload = new TextEncoder().encode(JSON.stringify(value));
  const bytes = beginFrame(type, payload.length);
  bytes.set(payload, FRAME_PREFIX_BYTES);
  return bytes;
}

import { RECORD_HEADER, RECORD_KIND, TURN_RECORD } from '../events/layout.gen.ts';
import { redactMessages } from './redact-messages.ts';

/**
 * Masks what may be secret in a copy of a batch, in place and without changing any length: the values of query parameters, of
 * headers that carry credentials, and the bytes of bodies that follow a head in the same record (chunk framing is kept). Kernel
 * addresses are cleared, and records of exec and listen, which are of any process, are emptied. In stream mode a body whose head
 * was in an earlier record stays as captured.
 *
 * The batch begins at `start`. About a microsecond for each record with a head.
 */
export function redactBatch(bytes: Uint8Array, start = 0): void {
  const { length } = bytes;
  for (let at = start; at + RECORD_HEADER.size <= length; ) {
    const size = uint32(bytes, at + RECORD_HEADER.sizeOffset);
    const kind = bytes[at + RECORD_HEADER.kind];
    if (size < RECORD_HEADER.size || at + size > length) return;
    const end = at + size;
    if ((kind === RECORD_KIND.TURN || kind === RECORD_KIND.CHUNK) && size >= TURN_RECORD.size) {
      bytes.fill(0, at + TURN_RECORD.sock, at + TURN_RECORD.sock + 8);
      const behind = Math.min(end, at + TURN_RECORD.size + uint16(bytes, at + TURN_RECORD.captured));
      redactMessages(bytes, at + TURN_RECORD.size, behind);
      // What a reservation did not fill is old ring memory.
      if (behind < end) bytes.fill(0, behind, end);
    } else if (kind === RECORD_KIND.EXEC || kind === RECORD_KIND.LISTEN) {
      // A replay selects nothing, so it needs none of this.
      bytes.fill(0, at + RECORD_HEADER.size, end);
    }
    at += (size + 7) & ~7;
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Records behind a frame's prefix are not aligned: no view of words can read them. */
function uint32(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) | (uint16(bytes, at + 2) << 16)) >>> 0;
}

import { CLOSE_RECORD, HEAD_RECORD, RECORD_HEADER, RECORD_KIND, TURN_RECORD } from '../events/layout.gen.ts';
import { prefaceBytes, RecordedProtocols } from './recorded-protocols.ts';
import { maskAll, mayBeginMessage, redactHeadPiece, redactMessages } from './redact-messages.ts';

/** `PRI ` is not yet a preface: a method may be called so. */
const SHORTEST_PREFACE = 4;

/**
 * Masks what may be secret in a copy of a batch, in place and without changing any length: the values of query parameters, of
 * headers that carry credentials, and the bytes of bodies that follow a head in the same record (chunk framing is kept). Kernel
 * addresses are cleared, and records of exec and listen, which are of any process, are emptied. In stream mode a body whose head
 * was in an earlier record stays as captured.
 *
 * Of HTTP/2 nothing is kept but its preface; `Http2Redactor` puts back what may be recorded. In stream mode a connection is taken to be
 * HTTP/2 until it has said something that begins like an HTTP/1 message.
 *
 * The batch begins at `start`; `protocols` is what earlier batches told. About a microsecond for each record with a head.
 */
export function redactBatch(
  bytes: Uint8Array,
  start = 0,
  protocols: RecordedProtocols = new RecordedProtocols(),
): void {
  const { length } = bytes;
  for (let at = start; at + RECORD_HEADER.size <= length; ) {
    const size = uint32(bytes, at + RECORD_HEADER.sizeOffset);
    const kind = bytes[at + RECORD_HEADER.kind];
    if (size < RECORD_HEADER.size || at + size > length) return;
    const end = at + size;
    if ((kind === RECORD_KIND.TURN || kind === RECORD_KIND.CHUNK) && size >= TURN_RECORD.size) {
      bytes.fill(0, at + TURN_RECORD.sock, at + TURN_RECORD.sock + 8);
      const behind = Math.min(end, at + TURN_RECORD.size + uint16(bytes, at + TURN_RECORD.captured));
      const connection = uint64(bytes, at + TURN_RECORD.connection);
      redactContent(bytes, at + TURN_RECORD.size, behind, connection, kind === RECORD_KIND.CHUNK, protocols);
      // What a reservation did not fill is old ring memory.
      if (behind < end) bytes.fill(0, behind, end);
    } else if (kind === RECORD_KIND.HEAD && size >= HEAD_RECORD.size) {
      const behind = Math.min(end, at + HEAD_RECORD.size + uint16(bytes, at + HEAD_RECORD.captured));
      const connection = uint64(bytes, at + HEAD_RECORD.connection);
      const direction = bytes[at + HEAD_RECORD.direction] === 0 ? 0 : 1;
      const seq = uint32(bytes, at + HEAD_RECORD.seq);
      const cut = protocols.cutLine(connection, direction, seq);
      protocols.keepCutLine(connection, direction, seq, redactHeadPiece(bytes, at + HEAD_RECORD.size, behind, cut));
      bytes.fill(0, behind, end);
    } else if (kind === RECORD_KIND.CLOSE && size >= CLOSE_RECORD.lastStream) {
      protocols.forget(uint64(bytes, at + CLOSE_RECORD.connection));
    } else if (kind === RECORD_KIND.EXEC || kind === RECORD_KIND.LISTEN || kind === RECORD_KIND.UNCLAIMED) {
      // A replay selects nothing, so it needs none of this.
      bytes.fill(0, at + RECORD_HEADER.size, end);
    }
    at += (size + 7) & ~7;
  }
}

function redactContent(
  bytes: Uint8Array,
  start: number,
  end: number,
  connection: number,
  isChunk: boolean,
  protocols: RecordedProtocols,
): void {
  if (start === end) return;
  const preface = prefaceBytes(bytes, start, end);
  if (preface > SHORTEST_PREFACE) protocols.learn(connection, false);
  let isHttp1 = protocols.isHttp1(connection);
  if (isHttp1 !== false && redactMessages(bytes, start, end)) isHttp1 = true;
  else if (isHttp1 === undefined && isChunk) isHttp1 = mayBeginMessage(bytes, start, end);
  if (isHttp1 !== undefined) protocols.learn(connection, isHttp1);
  if (isHttp1 === false) maskAll(bytes, start + preface, end);
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Numbers of connections stay far below 2^53. */
function uint64(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) + uint32(bytes, at + 4) * 2 ** 32;
}

/** Records behind a frame's prefix are not aligned: no view of words can read them. */
function uint32(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) | (uint16(bytes, at + 2) << 16)) >>> 0;
}

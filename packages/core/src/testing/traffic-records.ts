import { RECORD_FLAG } from '../events/layout.gen.ts';
import type { TrafficPart } from './http2-traffic.ts';
import { chunk, close } from './records.ts';

/** Payloads of DATA that are longer than this are left out by the kernel. */
const DATA_KEPT_MAX = 64;
const PREFACE_BYTES = 24;
const PIECE_MAX = 4096;

export interface TrafficRecordsOptions {
  readonly role?: 'server' | 'client';
  /** Bytes that went by before the tracer came, of both sides together. */
  readonly skipBytes?: number;
  /** Leave the payload of long DATA out, as the kernel does where it knows the frames. */
  readonly skipData?: boolean;
  /** The connection ends after the last byte; default true. */
  readonly closes?: boolean;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly endsStream: boolean;
}

/** Where the frames of one side begin, the first of them at `start`, and how long their payloads are. */
function frames(bytes: Uint8Array, start: number): Map<number, number> {
  const lengths = new Map<number, number>();
  for (let at = start; at + 9 <= bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    lengths.set(at, length);
    at += 9 + length;
  }
  return lengths;
}

/** Where in the bytes of one side the payloads are that the kernel leaves out. */
function leftOut(bytes: Uint8Array, lengths: ReadonlyMap<number, number>): Range[] {
  const ranges: Range[] = [];
  for (const [at, length] of lengths) {
    const payload = at + 9;
    if (bytes[at + 3] === 0 && length > DATA_KEPT_MAX) {
      ranges.push({ start: payload, end: payload + length, endsStream: ((bytes[at + 4] ?? 0) & 1) !== 0 });
    }
  }
  return ranges;
}

/** The highest id of a stream that one side begins a header block for, of its whole frames. */
function lastStream(bytes: Uint8Array, lengths: ReadonlyMap<number, number>): number {
  let last = 0;
  for (const at of lengths.keys()) {
    const id = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(5);
    if (bytes[at + 3] === 1 && id % 2 === 1) last = Math.max(last, id);
  }
  return last;
}

function joined(parts: readonly TrafficPart[], side: TrafficPart['side']): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts.filter((part) => part.side === side).map(({ bytes }) => bytes)));
}

/** The stretches of `[start..end)` that are reported. */
function reported(start: number, end: number, ranges: readonly Range[]): { start: number; end: number }[] {
  const stretches: { start: number; end: number }[] = [];
  let at = start;
  for (const range of ranges) {
    if (range.end <= at || range.start >= end) continue;
    if (range.start > at) stretches.push({ start: at, end: range.start });
    at = Math.min(range.end, end);
    // The end of a payload that ends its stream always has a record, for its time; also of one that a call has nothing before.
    if (range.endsStream && range.end <= end && range.start <= start) stretches.push({ start: at, end: at });
  }
  if (at < end) stretches.push({ start: at, end });
  return stretches;
}

/** The records that the BPF programs make of a connection in stream mode, each part being one I/O call a microsecond after the one before. */
export function trafficRecords(parts: readonly TrafficPart[], options: TrafficRecordsOptions = {}): Uint8Array[] {
  const role = options.role ?? 'server';
  const skipBytes = options.skipBytes ?? 0;
  const whole = { ask: joined(parts, 'ask'), answer: joined(parts, 'answer') };
  const lengths = { ask: frames(whole.ask, PREFACE_BYTES), answer: frames(whole.answer, 0) };
  const isSkipping = options.skipData === true;
  const ranges = {
    ask: isSkipping ? leftOut(whole.ask, lengths.ask) : [],
    answer: isSkipping ? leftOut(whole.answer, lengths.answer) : [],
  };
  const passed = { ask: 0, answer: 0 };
  const begin = { ask: 0, answer: 0 };
  const records: Uint8Array[] = [];
  /** Each direction counts for itself. */
  const seqs = { in: 0, out: 0 };
  let nowNs = 1_000_000;
  let skipped = 0;
  for (const { side, bytes } of parts) {
    let start = passed[side];
    const end = start + bytes.length;
    passed[side] = end;
    const unseen = Math.min(bytes.length, Math.max(0, skipBytes - skipped));
    skipped += bytes.length;
    start += unseen;
    if (unseen > 0) begin[side] = start;
    if (start === end) continue;
    nowNs += 1000;
    const direction = (side === 'ask') === (role === 'server') ? 'in' : 'out';
    for (const stretch of reported(start, end, ranges[side])) {
      for (let at = stretch.start; at === stretch.start || at < stretch.end; at += PIECE_MAX) {
        records.push(
          chunk({
            seq: ++seqs[direction],
            role,
            direction,
            bytes: whole[side].subarray(at, Math.min(at + PIECE_MAX, stretch.end)),
            sizeBytes: end - at,
            offsetBytes: at - begin[side],
            flags:
              (skipBytes > 0 ? RECORD_FLAG.MIDSTREAM : 0) |
              (at > start ? RECORD_FLAG.CONTINUED : 0) |
              (lengths[side].has(at) ? RECORD_FLAG.FRAME : 0),
            firstNs: nowNs,
            arrivedNs: direction === 'in' ? nowNs - 500 : 0,
          }),
        );
      }
    }
  }
  if (options.closes !== false) {
    records.push(
      close({
        ns: nowNs + 1000,
        lastSeq: seqs.in + seqs.out,
        lastStream: lastStream(whole.ask, lengths.ask),
        isMidstream: skipBytes > 0,
      }),
    );
  }
  return records;
}

/** The same bytes in other pieces: each part is cut at the given places, which are fractions of its length. */
export function recut(parts: readonly TrafficPart[], places: readonly number[]): TrafficPart[] {
  let next = 0;
  return parts.flatMap(({ side, bytes }) => {
    const count = places.length === 0 ? 0 : 1 + (next % 3);
    const cuts = Array.from({ length: count }, () => Math.floor((places[next++ % places.length] ?? 0) * bytes.length));
    const edges = [0, ...new Set(cuts.sort((a, b) => a - b)), bytes.length];
    return edges
      .slice(1)
      .map((end, index) => ({ side, bytes: bytes.subarray(edges[index], end) }))
      .filter((part) => part.bytes.length > 0);
  });
}

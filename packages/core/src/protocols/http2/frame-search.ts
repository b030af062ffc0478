import type { Turn } from '../../connections/turn.ts';
import { FRAME, FRAME_HEADER_BYTES, FrameHeader } from './frame.ts';

const header = new FrameHeader();

/**
 * How sure it is that a frame begins at `at`: the number of frame headers in a row that are there to see, or 0 where one of them is none.
 * Counts as one more if the last of them ends exactly where the bytes do.
 */
export function framesInRow(bytes: Uint8Array, at: number, end: number): number {
  let frames = 0;
  let next = at;
  while (next + FRAME_HEADER_BYTES <= end) {
    header.read(bytes, next);
    if (!header.isPlausible) return 0;
    frames += 1;
    next += FRAME_HEADER_BYTES + header.length;
  }
  return next === end ? frames + 1 : frames;
}

/**
 * Finds a frame in a piece of a stream that was lost: -1, or the offset of the first one in its bytes. Where a piece begins a frame very often
 * does, so a single header will do there; anywhere else it takes two.
 */
export function findFrame(turn: Turn, from: number): number {
  const { data, prefixStart, prefixEnd } = turn;
  for (let at = from; at + FRAME_HEADER_BYTES <= prefixEnd; at++) {
    // Without the HEADERS that it continues, a CONTINUATION is of no use.
    if (data[at] !== 0 || data[at + 3] === FRAME.CONTINUATION) continue;
    const frames = framesInRow(data, at, prefixEnd);
    if (frames >= 2 || (frames === 1 && at === prefixStart)) return at;
  }
  return -1;
}

import { FRAME, FRAME_HEADER_BYTES, FrameHeader } from './frame.ts';

const header = new FrameHeader();

/**
 * How sure it is that a frame begins at `at`: the number of frame headers in a row that are there to see, or 0 where one of them is none.
 * Counts as one more if the last of them ends exactly where the bytes do.
 */
function framesInRow(bytes: Uint8Array, at: number, end: number): number {
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
 * Finds a frame in bytes from anywhere in a stream: the offset of the first one in `bytes[from..end)`, or -1. Where a piece of the stream begins, at
 * `begin`, a frame very often does, so a single header will do there; anywhere else it takes two.
 */
export function findFrame(bytes: Uint8Array, begin: number, from: number, end: number): number {
  for (let at = from; at + FRAME_HEADER_BYTES <= end; at++) {
    // Without the HEADERS that it continues, a CONTINUATION is of no use.
    if (bytes[at] !== 0 || bytes[at + 3] === FRAME.CONTINUATION) continue;
    const frames = framesInRow(bytes, at, end);
    if (frames >= 2 || (frames === 1 && at === begin)) return at;
  }
  return -1;
}

/** `\r\n\r\n` as the last four bytes, the last one highest. */
const EMPTY_LINE = 0x0a0d0a0d;

/** The last bytes are not known. */
export function isTailUnknown(tailLow: number, tailHigh: number): boolean {
  return tailLow === 0 && tailHigh === 0;
}

/** The last bytes are an empty line: the end of a head, of a chunked body, or of its trailers. */
export function endsWithEmptyLine(tailHigh: number): boolean {
  return tailHigh === EMPTY_LINE;
}

/** The last bytes are `\r\n0\r\n\r\n`: the last chunk of a body without trailers. */
export function endsWithLastChunk(tailLow: number, tailHigh: number): boolean {
  return tailHigh === EMPTY_LINE && tailLow >>> 8 === 0x300a0d;
}

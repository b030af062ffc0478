/** Told of the bytes by which messages of HTTP/1 were told apart, whoever they are for: all others are content. */
export interface SyntaxWatcher {
  /**
   * A head, or what there is of one so far, with the line ends before it: `bytes[start..end)`, which stand in the stream from `offset` on.
   * `isOver`: nothing more of it will be read.
   */
  onHead(direction: number, offset: number, bytes: Uint8Array, start: number, end: number, isOver: boolean): void;
  /** The next byte of what frames the chunks of a body; 0 where it does not matter which it is. */
  onFraming(direction: number, offset: number, byte: number): void;
}

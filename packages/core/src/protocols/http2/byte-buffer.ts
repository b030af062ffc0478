const FIRST_BYTES = 256;

/** Gathers bytes that come in pieces. */
export class ByteBuffer {
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;

  /** What it takes. */
  get capacity(): number {
    return this.bytes.length;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(FIRST_BYTES, 2 * length));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let at = start, to = this.length; at < end; at++, to++) this.bytes[to] = bytes[at] ?? 0;
    this.length = length;
  }

  clear(): void {
    if (this.length === 0) return;
    this.bytes = new Uint8Array(0);
    this.length = 0;
  }
}

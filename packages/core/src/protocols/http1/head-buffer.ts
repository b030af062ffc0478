import { CR, LF } from './ascii.ts';

const FIRST_BYTES = 1024;
/** A head longer than this is taken as cut. Servers accept 8 to 16 KiB. */
const HEAD_BYTES_MAX = 16_384;

/** Gathers a head that comes in pieces, so that it is parsed once, when it is whole. */
export class HeadBuffer {
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  isWhole = false;
  isFull = false;
  /** Bytes since the last LF that are not CR. */
  #lineLength = 0;

  /** What it takes. */
  get capacity(): number {
    return this.bytes.length;
  }

  /** Appends up to the end of the head; returns the offset behind the last byte taken. */
  append(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      if (this.length >= HEAD_BYTES_MAX) {
        this.isFull = true;
        return at;
      }
      const byte = bytes[at] ?? 0;
      if (this.length >= this.bytes.length) this.#enlarge();
      this.bytes[this.length++] = byte;
      if (byte === LF) {
        if (this.#lineLength === 0) {
          this.isWhole = true;
          return at + 1;
        }
        this.#lineLength = 0;
      } else if (byte !== CR) {
        this.#lineLength += 1;
      }
    }
    return end;
  }

  clear(): void {
    if (this.length === 0) return;
    this.bytes = new Uint8Array(0);
    this.length = 0;
    this.isWhole = false;
    this.isFull = false;
    this.#lineLength = 0;
  }

  #enlarge(): void {
    const larger = new Uint8Array(Math.max(FIRST_BYTES, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

import { viewOf } from '../bytes-view.ts';
import type { Head } from './head.ts';

/** Longer fields are not kept: each connection keeps those of both directions. */
const BYTES_MAX = 512;
/** Where fields do not repeat, only every 64th is kept. */
const PATIENCE_MAX = 63;

/**
 * The field lines of a whole head before, and what was read of them. On a connection that is kept alive most heads say again what the one
 * before said, and comparing costs a fraction of reading.
 */
export class LastFields {
  contentLength = 0;
  transferCoding: Head['transferCoding'] = 'none';
  isToHttp2 = false;
  /** Of requests only. */
  host: string | undefined = undefined;
  userAgent: string | undefined = undefined;
  traceparent: string | undefined = undefined;
  traceState: string | undefined = undefined;

  #view = new DataView(new ArrayBuffer(0));
  #length = 0;
  /** How many heads to let pass before one is kept again, and how many after that. */
  #toSkip = 0;
  #patience = 0;

  /** The length of the lines if they are what `bytes[at..end)` begin with, else 0. */
  lengthAt(bytes: Uint8Array, at: number, end: number): number {
    const length = this.#length;
    if (length === 0 || at + length > end || !this.#isAt(bytes, at)) return 0;
    this.#toSkip = 0;
    this.#patience = 0;
    return length;
  }

  /** Takes over the lines of a whole head; false where that is not worth while. */
  keep(head: Head): boolean {
    const { bytes, fieldsStart, fieldsEnd } = head;
    const length = fieldsEnd - fieldsStart;
    if (length < 4 || length > BYTES_MAX) return false;
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      return false;
    }
    this.#toSkip = this.#patience;
    this.#patience = Math.min(PATIENCE_MAX, 2 * this.#patience + 1);
    if (this.#view.byteLength < length) this.#view = new DataView(new ArrayBuffer(length));
    new Uint8Array(this.#view.buffer).set(bytes.subarray(fieldsStart, fieldsEnd));
    this.#length = length;
    this.contentLength = head.contentLength;
    this.transferCoding = head.transferCoding;
    this.isToHttp2 = head.isToHttp2;
    return true;
  }

  /** Four bytes at a time; the last four may overlap those before. */
  #isAt(bytes: Uint8Array, at: number): boolean {
    const view = viewOf(bytes);
    const kept = this.#view;
    const last = this.#length - 4;
    for (let i = 0; i < last; i += 4) {
      if (kept.getInt32(i, true) !== view.getInt32(at + i, true)) return false;
    }
    return kept.getInt32(last, true) === view.getInt32(at + last, true);
  }
}

import { fstatSync, readSync } from 'node:fs';
import { ReadBudget } from './read-budget.ts';

/** Positional reads of an open file that never go beyond its end, nor beyond what a file may cost; the caller closes it. */
export class BoundedFile {
  readonly sizeBytes: number;
  readonly #file: number;
  readonly #budget: ReadBudget;

  constructor(file: number) {
    this.#file = file;
    this.sizeBytes = fstatSync(file).size;
    this.#budget = new ReadBudget(this.sizeBytes);
  }

  /** The file was too much to read: what is known of it is not all. */
  get isSpent(): boolean {
    return this.#budget.isSpent;
  }

  /**
   * Exactly these bytes; undefined where the file has not got them all, or cannot be read. `weight`: what is done with a byte takes so many times
   * as long as to copy it.
   */
  read(offset: number, length: number, weight = 1): Buffer | undefined {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) return undefined;
    if (offset < 0 || length <= 0 || length > LARGEST_READ || offset + length > this.sizeBytes) return undefined;
    if (!this.#budget.take(length * weight)) return undefined;
    const bytes = Buffer.allocUnsafe(length);
    try {
      return readSync(this.#file, bytes, 0, length, offset) === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Reads a range in steps, each with `overlap` bytes of the next one; stops early when `piece` returns false, or where the file
   * ends.
   */
  pieces(
    range: { readonly offset: number; readonly size: number },
    overlap: number,
    piece: (bytes: Buffer, at: number) => boolean,
  ): void {
    const end = range.offset + range.size;
    for (let at = range.offset; at < end; at += STEP_BYTES) {
      const bytes = this.read(at, Math.min(STEP_BYTES + overlap, end - at));
      if (bytes === undefined || !piece(bytes, at - range.offset)) return;
    }
  }
}

/** No table that is read whole comes near. */
const LARGEST_READ = 128 * 1024 * 1024;
/** A multiple of every table's entry size that is read in pieces (8, 16, 24). */
const STEP_BYTES = 3 * 256 * 1024;

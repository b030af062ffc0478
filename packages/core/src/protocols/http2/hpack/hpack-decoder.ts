import { textFrom } from '../../text.ts';
import { codedText } from './coded-text.ts';
import { FIELD, fieldOf } from './field.ts';
import type { HeaderFields } from './header-fields.ts';
import { HeaderTable } from './header-table.ts';
import { STATIC_FIELDS, STATIC_MAX, STATIC_VALUES } from './static-table.ts';

const INTEGER_MAX = 2 ** 28;
/** More than any table has. */
const INDEX_MAX = 4096;
const NO_BYTES = new Uint8Array(0);

/**
 * Told of the value of each literal, which is of `field` and stands in `bytes[start..end)`, Huffman-coded or not; it may change them. It is told of
 * names that do not matter as if they were values of `OTHER`.
 */
export type ValueWatcher = (field: number, bytes: Uint8Array, start: number, end: number, isCoded: boolean) => void;

/**
 * Decodes the header blocks of one direction (RFC 7541), in their order. Only values of fields that matter become text; all others
 * are passed over, but for their place in the table. It may begin in the middle of a connection: see `HeaderTable`.
 */
export class HpackDecoder {
  readonly #table = new HeaderTable();
  readonly #watcher: ValueWatcher | undefined;
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  #end = 0;
  #isValid = true;

  constructor(watcher?: ValueWatcher) {
    this.#watcher = watcher;
  }

  /** Reads a whole block into `fields`; false where it is none: then nothing is known of the table any more. */
  decode(bytes: Uint8Array, start: number, end: number, fields: HeaderFields): boolean {
    fields.reset();
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#isValid = true;
    while (this.#at < end && this.#isValid) {
      const byte = bytes[this.#at] ?? 0;
      if (byte >= 0x80) this.#indexed(fields);
      else if (byte >= 0x40) this.#literal(6, true, fields);
      else if (byte >= 0x20) this.#table.resize(this.#integer(5));
      else this.#literal(4, false, fields);
    }
    if (!this.#isValid) this.forget();
    return this.#isValid;
  }

  /** Blocks were missed. */
  forget(): void {
    this.#table.forget();
  }

  #indexed(fields: HeaderFields): void {
    const index = this.#integer(7);
    const field = this.#fieldAt(index);
    if (field === FIELD.OTHER) return;
    if (field === FIELD.UNKNOWN) fields.unknown += 1;
    else fields.set(field, index <= STATIC_MAX ? STATIC_VALUES[index] : this.#table.valueAt(index - STATIC_MAX));
  }

  #literal(prefixBits: number, isAdded: boolean, fields: HeaderFields): void {
    const index = this.#integer(prefixBits);
    let field: number = FIELD.OTHER;
    let length = 0;
    if (index === 0) {
      const isCoded = this.#isCoded();
      length = this.#integer(7);
      const start = this.#at;
      if (!this.#skip(length)) return;
      field = fieldOf(this.#bytes, start, this.#at, isCoded);
      if (field === FIELD.OTHER) this.#watcher?.(field, this.#bytes, start, this.#at, isCoded);
    } else {
      field = this.#fieldAt(index);
    }
    const isCoded = this.#isCoded();
    const valueLength = this.#integer(7);
    const start = this.#at;
    if (!this.#skip(valueLength)) return;
    let value = '';
    if (field === FIELD.UNKNOWN) fields.unknown += 1;
    else if (field !== FIELD.OTHER) {
      value = this.#text(start, isCoded);
      if (this.#isValid) fields.set(field, value);
    }
    if (isAdded && this.#isValid) this.#table.add(field, value, length + valueLength);
    this.#watcher?.(field, this.#bytes, start, this.#at, isCoded);
  }

  #fieldAt(index: number): number {
    if (index <= STATIC_MAX) {
      if (index === 0) this.#isValid = false;
      return STATIC_FIELDS[index] ?? FIELD.OTHER;
    }
    if (index > INDEX_MAX) this.#isValid = false;
    return this.#table.fieldAt(index - STATIC_MAX);
  }

  #isCoded(): boolean {
    return this.#at < this.#end && (this.#bytes[this.#at] ?? 0) >= 0x80;
  }

  /** RFC 7541 §5.1. */
  #integer(prefixBits: number): number {
    if (this.#at >= this.#end) {
      this.#isValid = false;
      return 0;
    }
    const mask = (1 << prefixBits) - 1;
    let value = (this.#bytes[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    let scale = 1;
    for (;;) {
      if (this.#at >= this.#end) break;
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (value > INTEGER_MAX) break;
      if (byte < 0x80) return value;
      scale *= 128;
      // Zeros without end make no number larger.
      if (scale > INTEGER_MAX) break;
    }
    this.#isValid = false;
    return 0;
  }

  #skip(length: number): boolean {
    this.#at += length;
    if (this.#at > this.#end) this.#isValid = false;
    return this.#isValid;
  }

  #text(start: number, isCoded: boolean): string {
    const text = isCoded ? codedText(this.#bytes, start, this.#at) : textFrom(this.#bytes, start, this.#at);
    if (text === undefined) this.#isValid = false;
    return text ?? '';
  }
}

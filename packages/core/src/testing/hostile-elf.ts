/** A section header, its offset counted from the beginning of the body. */
export interface WrittenSection {
  readonly nameAt?: number;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link?: number;
}

const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
/** Where the only segment is loaded: it is the whole body. */
export const LOADED_AT = 0x40_0000;

/**
 * Writes an ELF file for x86-64 with any section headers, however wrong they are; the names of sections are in the section number `names`. The
 * body is one executable segment.
 */
export function hostileElf(body: Buffer, sections: readonly WrittenSection[], names = 0): Buffer {
  const bodyAt = HEADER_BYTES + SEGMENT_BYTES + sections.length * SECTION_BYTES;
  const head = Buffer.alloc(bodyAt);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeUInt16LE(3, 16);
  head.writeUInt16LE(62, 18);
  head.writeUInt32LE(HEADER_BYTES, 32);
  head.writeUInt32LE(HEADER_BYTES + SEGMENT_BYTES, 40);
  head.writeUInt16LE(SEGMENT_BYTES, 54);
  head.writeUInt16LE(1, 56);
  head.writeUInt16LE(SECTION_BYTES, 58);
  head.writeUInt16LE(sections.length, 60);
  head.writeUInt16LE(names, 62);
  head.writeUInt32LE(1, HEADER_BYTES);
  head.writeUInt32LE(7, HEADER_BYTES + 4);
  head.writeUInt32LE(bodyAt, HEADER_BYTES + 8);
  head.writeUInt32LE(LOADED_AT, HEADER_BYTES + 16);
  head.writeUInt32LE(body.length, HEADER_BYTES + 32);
  head.writeUInt32LE(body.length, HEADER_BYTES + 40);
  for (const [index, { nameAt = 0, type, offset, size, link = 0 }] of sections.entries()) {
    const at = HEADER_BYTES + SEGMENT_BYTES + index * SECTION_BYTES;
    head.writeUInt32LE(nameAt, at);
    head.writeUInt32LE(type, at + 4);
    head.writeUInt32LE(LOADED_AT + offset, at + 16);
    head.writeUInt32LE(bodyAt + offset, at + 24);
    head.writeUInt32LE(size, at + 32);
    head.writeUInt32LE(link, at + 40);
  }
  return Buffer.concat([head, body]);
}

/** Entries of a symbol table: functions by the place of their name in the strings, and where they are in the body. */
export function symbolsOf(functions: readonly { nameAt: number; at: number; size: number }[]): Buffer {
  const table = Buffer.alloc(functions.length * SYMBOL_BYTES);
  for (const [index, { nameAt, at, size }] of functions.entries()) {
    const entry = index * SYMBOL_BYTES;
    table.writeUInt32LE(nameAt, entry);
    table[entry + 4] = 0x12;
    table.writeUInt16LE(1, entry + 6);
    table.writeUInt32LE(LOADED_AT + at, entry + 8);
    table.writeUInt32LE(size, entry + 16);
  }
  return table;
}

import { type ElfFile, SEGMENT_UNWIND } from './elf-file.ts';

/** Encodings of pointers (DWARF exception headers): a signed 32-bit distance from the place itself, or from the table. */
const FROM_PLACE = 0x1b;
const FROM_TABLE = 0x3b;
const COUNT = 0x03;
const HEADER_BYTES = 12;
const ENTRY_BYTES = 8;

/**
 * Bytes of the function that begins at this address, as the tables for unwinding say, which stripped files have as well; undefined where
 * they do not know it.
 */
export function functionSize(elf: ElfFile, address: number): number | undefined {
  const table = elf.segments.find(({ type }) => type === SEGMENT_UNWIND);
  const header = table === undefined ? undefined : elf.readAt(table.address, HEADER_BYTES);
  if (table === undefined || header === undefined) return undefined;
  if (header[0] !== 1 || header[1] !== FROM_PLACE || header[2] !== COUNT || header[3] !== FROM_TABLE) return undefined;
  let [low, high] = [0, header.readUInt32LE(8) - 1];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const entry = elf.readAt(table.address + HEADER_BYTES + middle * ENTRY_BYTES, ENTRY_BYTES);
    if (entry === undefined) return undefined;
    const begin = table.address + entry.readInt32LE(0);
    if (begin === address) return sizeIn(elf, table.address + entry.readInt32LE(4), address);
    if (begin < address) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** Length, common part, beginning (from the place itself), size: as all linkers for x86-64 write it. */
function sizeIn(elf: ElfFile, description: number, address: number): number | undefined {
  const bytes = elf.readAt(description, 16);
  if (bytes === undefined || bytes.readUInt32LE(0) === 0xffff_ffff) return undefined;
  return description + 8 + bytes.readInt32LE(8) === address ? bytes.readUInt32LE(12) : undefined;
}

import { fstatSync, readSync } from 'node:fs';

/** A section of an ELF file: where its bytes are. */
export interface ElfSection {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
/** Real programs have below 100; a file that claims more is not worth reading. */
const MOST_SECTIONS = 4096;
const LONGEST_NAMES = 1024 * 1024;

/**
 * Lists the sections of a 64-bit little-endian ELF file (System V ABI, chapter 4) with three positional reads; empty for anything
 * else, however broken.
 */
export function readElfSections(file: number): ElfSection[] {
  const header = readAt(file, 0, HEADER_BYTES);
  if (header === undefined || header.readUInt32BE(0) !== 0x7f_45_4c_46 || header[4] !== 2 || header[5] !== 1) return [];
  const tableOffset = Number(header.readBigUInt64LE(40));
  const entryBytes = header.readUInt16LE(58);
  const count = header.readUInt16LE(60);
  const namesIndex = header.readUInt16LE(62);
  if (entryBytes !== SECTION_HEADER_BYTES || count > MOST_SECTIONS || namesIndex >= count) return [];
  const table = readAt(file, tableOffset, count * entryBytes);
  if (table === undefined) return [];
  const at = (index: number): ElfSection & { nameAt: number } => ({
    name: '',
    nameAt: table.readUInt32LE(index * entryBytes),
    offset: Number(table.readBigUInt64LE(index * entryBytes + 24)),
    size: Number(table.readBigUInt64LE(index * entryBytes + 32)),
  });
  const { offset, size } = at(namesIndex);
  const names = size > LONGEST_NAMES ? undefined : readAt(file, offset, size);
  if (names === undefined) return [];
  return Array.from({ length: count }, (_, index) => {
    const section = at(index);
    const end = names.indexOf(0, section.nameAt);
    return {
      name: names.toString('latin1', section.nameAt, end < 0 ? names.length : end),
      offset: section.offset,
      size: section.size,
    };
  });
}

/** Whether a section holds a text within its first `limitBytes`. */
export function sectionContains(file: number, section: ElfSection, text: string, limitBytes: number): boolean {
  const needle = Buffer.from(text, 'latin1');
  const stepBytes = 64 * 1024;
  const end = section.offset + Math.min(section.size, limitBytes);
  // Steps overlap by the length of the text, so that none hides on a border.
  for (let at = section.offset; at < end; at += stepBytes) {
    const bytes = readAt(file, at, Math.min(stepBytes + needle.length, end - at));
    if (bytes === undefined) return false;
    if (bytes.includes(needle)) return true;
  }
  return false;
}

function readAt(file: number, offset: number, length: number): Buffer | undefined {
  if (!Number.isSafeInteger(offset) || length === 0 || offset + length > fstatSync(file).size) return undefined;
  const bytes = Buffer.allocUnsafe(length);
  return readSync(file, bytes, 0, length, offset) === length ? bytes : undefined;
}

import { BoundedFile } from './bounded-file.ts';

/** A section of an ELF file. */
export interface ElfSection {
  readonly name: string;
  /** SHT_ of the System V ABI. */
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the section it refers to, e.g. a symbol table's strings. */
  readonly link: number;
}

/** A segment of an ELF file. */
export interface ElfSegment {
  /** PT_ of the System V ABI. */
  readonly type: number;
  /** PF_X 1, PF_W 2, PF_R 4. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
/** Real programs have below 100; a file that claims more is not worth reading. */
const MOST_SECTIONS = 4096;
const MOST_SEGMENTS = 512;
const LONGEST_NAMES = 1024 * 1024;
/** No name that is looked for is longer. */
const LONGEST_NAME = 64;
const MACHINE_X86_64 = 62;
const TYPE_SHARED = 3;
const SECTION_NOBITS = 8;
/** Instructions are decoded a few times each, at 20 ns a byte. */
const DECODING = 32;

export const SEGMENT_LOAD = 1;
export const SEGMENT_DYNAMIC = 2;
export const SEGMENT_NOTE = 4;
export const SEGMENT_TLS = 7;
export const SEGMENT_UNWIND = 0x6474_e550;

/**
 * Headers of a 64-bit little-endian ELF file (System V ABI, chapters 4 and 5), read with a few positional reads. Tables that are
 * broken or out of bounds are empty; nothing throws on what is in the file.
 */
export class ElfFile {
  readonly file: BoundedFile;
  readonly isX86: boolean;
  /** Loaded wherever the kernel likes: a library or a position-independent program. */
  readonly isRelocatable: boolean;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];

  private constructor(file: BoundedFile, header: Buffer) {
    this.file = file;
    this.isRelocatable = header.readUInt16LE(16) === TYPE_SHARED;
    this.isX86 = header.readUInt16LE(18) === MACHINE_X86_64;
    this.segments = readSegments(file, header);
    this.sections = readSections(file, header);
  }

  /** Undefined for anything that is no such file. */
  static read(descriptor: number): ElfFile | undefined {
    const file = new BoundedFile(descriptor);
    const header = file.read(0, HEADER_BYTES);
    const isElf =
      header !== undefined && header.readUInt32BE(0) === 0x7f_45_4c_46 && header[4] === 2 && header[5] === 1;
    return isElf ? new ElfFile(file, header) : undefined;
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** Where in the file the byte with this address is; undefined where it is not in the file. */
  offsetOf(address: number): number | undefined {
    for (const segment of this.segments) {
      if (segment.type !== SEGMENT_LOAD || address < segment.address) continue;
      const inside = address - segment.address;
      if (inside < segment.fileSize) return segment.offset + inside;
    }
    return undefined;
  }

  /** Reads at an address instead of an offset. */
  readAt(address: number, length: number): Buffer | undefined {
    const offset = this.offsetOf(address);
    return offset === undefined ? undefined : this.file.read(offset, length);
  }

  /** Reads code, to be decoded. */
  codeAt(address: number, length: number): Buffer | undefined {
    const offset = this.offsetOf(address);
    return offset === undefined ? undefined : this.file.read(offset, length, DECODING);
  }

  /** The part of a segment or section that is in the file, at most `limitBytes`. */
  range(part: ElfSection | ElfSegment, limitBytes: number): { offset: number; size: number } {
    const size = 'fileSize' in part ? part.fileSize : part.type === SECTION_NOBITS ? 0 : part.size;
    return { offset: part.offset, size: Math.max(0, Math.min(size, limitBytes, this.file.sizeBytes - part.offset)) };
  }
}

/** An unsigned 64-bit integer as a number; exact below 2^53, which addresses and sizes of real files are. */
export function readWord(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}

function readSegments(file: BoundedFile, header: Buffer): ElfSegment[] {
  const count = header.readUInt16LE(56);
  if (header.readUInt16LE(54) !== PROGRAM_HEADER_BYTES || count > MOST_SEGMENTS) return [];
  const table = file.read(readWord(header, 32), count * PROGRAM_HEADER_BYTES);
  if (table === undefined) return [];
  return Array.from({ length: count }, (_, index) => {
    const at = index * PROGRAM_HEADER_BYTES;
    return {
      type: table.readUInt32LE(at),
      flags: table.readUInt32LE(at + 4),
      offset: readWord(table, at + 8),
      address: readWord(table, at + 16),
      fileSize: readWord(table, at + 32),
      memorySize: readWord(table, at + 40),
    };
  });
}

function readSections(file: BoundedFile, header: Buffer): ElfSection[] {
  const count = header.readUInt16LE(60);
  const namesIndex = header.readUInt16LE(62);
  if (header.readUInt16LE(58) !== SECTION_HEADER_BYTES || count > MOST_SECTIONS || namesIndex >= count) return [];
  const table = file.read(readWord(header, 40), count * SECTION_HEADER_BYTES);
  if (table === undefined) return [];
  const namesAt = namesIndex * SECTION_HEADER_BYTES;
  const namesBytes = readWord(table, namesAt + 32);
  const names = namesBytes > LONGEST_NAMES ? undefined : file.read(readWord(table, namesAt + 24), namesBytes);
  if (names === undefined) return [];
  return Array.from({ length: count }, (_, index) => {
    const at = index * SECTION_HEADER_BYTES;
    const nameAt = table.readUInt32LE(at);
    const end = names.subarray(nameAt, nameAt + LONGEST_NAME).indexOf(0);
    return {
      name: names.toString('latin1', nameAt, nameAt + (end < 0 ? LONGEST_NAME : end)),
      type: table.readUInt32LE(at + 4),
      address: readWord(table, at + 16),
      offset: readWord(table, at + 24),
      size: readWord(table, at + 32),
      link: table.readUInt32LE(at + 40),
    };
  });
}

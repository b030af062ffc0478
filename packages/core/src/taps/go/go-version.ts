import { type ElfFile, readWord, SEGMENT_LOAD } from '../../elf/elf-file.ts';

/** The release that built a program. */
export interface GoVersion {
  /** As the program says, e.g. `go1.22.3`. */
  readonly text: string;
  /** 22 for go1.22.3; undefined for a development version. */
  readonly minor: number | undefined;
  /** Arguments are passed in registers; before 1.17 on the stack. */
  readonly usesRegisters: boolean;
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const HEADER_BYTES = 32;
const ALIGNMENT = 16;
/** Where the linker puts it: the beginning of the data. */
const SEARCH_BYTES = 1024 * 1024;
const LONGEST_VERSION = 256;
const FLAG_INLINE = 2;
const FIRST_WITH_REGISTERS = 17;

/** Reads what `go version FILE` prints (debug/buildinfo); undefined where the file was not built by Go. */
export function readGoVersion(elf: ElfFile): GoVersion | undefined {
  const text = versionText(elf);
  if (text === undefined) return undefined;
  const minor = /^go1\.(\d+)/.exec(text)?.[1];
  const number = minor === undefined ? undefined : Number(minor);
  return {
    text,
    minor: number,
    usesRegisters: (number ?? Number.POSITIVE_INFINITY) >= FIRST_WITH_REGISTERS && !text.includes('noregabi'),
  };
}

function versionText(elf: ElfFile): string | undefined {
  const offset = headerOffset(elf);
  const header = offset === undefined ? undefined : elf.file.read(offset, HEADER_BYTES);
  if (offset === undefined || header === undefined) return undefined;
  if (((header[15] as number) & FLAG_INLINE) !== 0) {
    const rest = elf.file.read(offset + HEADER_BYTES, LONGEST_VERSION + 2);
    if (rest === undefined) return undefined;
    const [length, at] = readVarint(rest);
    return length <= LONGEST_VERSION ? rest.toString('latin1', at, at + length) : undefined;
  }
  // Before 1.18: the address of a string header.
  const string = elf.readAt(readWord(header, 16), 16);
  const length = string === undefined ? 0 : readWord(string, 8);
  if (string === undefined || length > LONGEST_VERSION) return undefined;
  return elf.readAt(readWord(string, 0), length)?.toString('latin1');
}

function headerOffset(elf: ElfFile): number | undefined {
  const section = elf.section('.go.buildinfo');
  if (section !== undefined) return section.offset;
  for (const segment of elf.segments) {
    const isData = segment.type === SEGMENT_LOAD && (segment.flags & 3) === 2;
    if (!isData) continue;
    const { offset, size } = elf.range(segment, SEARCH_BYTES);
    const bytes = elf.file.read(offset, size);
    for (let at = bytes?.indexOf(MAGIC) ?? -1; bytes !== undefined && at >= 0; at = bytes.indexOf(MAGIC, at + 1))
      if ((segment.address + at) % ALIGNMENT === 0) return offset + at;
  }
  return undefined;
}

function readVarint(bytes: Buffer): [value: number, next: number] {
  let value = 0;
  for (let at = 0, factor = 1; at < 5; at++, factor *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at + 1];
  }
  return [Number.POSITIVE_INFINITY, 0];
}

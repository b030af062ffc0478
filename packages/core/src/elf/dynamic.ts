import { type ElfFile, readWord, SEGMENT_DYNAMIC } from './elf-file.ts';

export const DYNAMIC_PLT_SIZE = 2;
export const DYNAMIC_HASH = 4;
export const DYNAMIC_STRINGS = 5;
export const DYNAMIC_SYMBOLS = 6;
export const DYNAMIC_RELA = 7;
export const DYNAMIC_RELA_SIZE = 8;
export const DYNAMIC_STRINGS_SIZE = 10;
export const DYNAMIC_PLT = 23;
export const DYNAMIC_GNU_HASH = 0x6fff_fef5;

const LONGEST_DYNAMIC = 64 * 1024;

/** What the program's loader reads (PT_DYNAMIC): value by tag. It stays when the section headers are wiped. */
export function readDynamic(elf: ElfFile): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  const segment = elf.segments.find(({ type }) => type === SEGMENT_DYNAMIC);
  if (segment === undefined) return values;
  const { offset, size } = elf.range(segment, LONGEST_DYNAMIC);
  const entries = elf.file.read(offset, size - (size % 16));
  if (entries === undefined) return values;
  for (let at = 0; at < entries.length; at += 16) {
    const tag = readWord(entries, at);
    if (tag === 0) break;
    values.set(tag, readWord(entries, at + 8));
  }
  return values;
}

import { DYNAMIC_RELA, DYNAMIC_RELA_SIZE, readDynamic } from './dynamic.ts';
import { type ElfFile, readWord } from './elf-file.ts';

const SECTION_RELA = 4;
const ENTRY_BYTES = 24;
/** R_X86_64_RELATIVE: the word at this place is the load address plus the addend. */
const RELATIVE = 8;
const LARGEST = 64 * 1024 * 1024;

/**
 * Calls `each` for the words that the loader fills in: where they are and what they point to. In a position-independent program such a
 * word may be 0 in the file.
 */
export function eachRelativeRelocation(elf: ElfFile, each: (address: number, target: number) => void): void {
  for (const range of ranges(elf)) {
    elf.file.pieces(range, 0, (piece) => {
      for (let at = 0; at + ENTRY_BYTES <= piece.length; at += ENTRY_BYTES) {
        if (piece.readUInt32LE(at + 8) === RELATIVE) each(readWord(piece, at), readWord(piece, at + 16));
      }
      return true;
    });
  }
}

function ranges(elf: ElfFile): { offset: number; size: number }[] {
  const dynamic = readDynamic(elf);
  const offset = elf.offsetOf(dynamic.get(DYNAMIC_RELA) ?? -1);
  const size = dynamic.get(DYNAMIC_RELA_SIZE) ?? 0;
  if (offset !== undefined)
    return [{ offset, size: Math.max(0, Math.min(size, LARGEST, elf.file.sizeBytes - offset)) }];
  return elf.sections.filter(({ type }) => type === SECTION_RELA).map((section) => elf.range(section, LARGEST));
}

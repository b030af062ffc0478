import {
  DYNAMIC_PLT,
  DYNAMIC_PLT_SIZE,
  DYNAMIC_RELA,
  DYNAMIC_RELA_SIZE,
  DYNAMIC_STRINGS,
  DYNAMIC_SYMBOLS,
  readDynamic,
} from './dynamic.ts';
import { type ElfFile, readWord } from './elf-file.ts';

const ENTRY_BYTES = 24;
const SYMBOL_BYTES = 24;
/** R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT: the word at this place will be the address of a function of another file. */
const SLOTS = [6, 7];
const LARGEST = 64 * 1024 * 1024;
const LONGEST_STUB = 16;

/**
 * Tells of an address that is called in a file whether it leads to a function of another file with one of these names: whether the stub
 * there (of the procedure linkage table) jumps to the word that the loader fills with the function's address.
 */
export function importedFunction(elf: ElfFile, names: readonly string[]): (target: number) => boolean {
  const slots = slotsOf(elf, names);
  const known = new Map<number, boolean>();
  return (target) => {
    const before = known.get(target);
    if (before !== undefined) return before;
    const slot = slots.size === 0 ? undefined : slotOfStub(elf, target);
    const is = slot !== undefined && slots.has(slot);
    known.set(target, is);
    return is;
  };
}

/** The word that a stub jumps to: ENDBR64 or not, JMP *distance(%rip). */
function slotOfStub(elf: ElfFile, address: number): number | undefined {
  const code = elf.readAt(address, LONGEST_STUB);
  if (code === undefined) return undefined;
  let at = code.readUInt32BE(0) === 0xf3_0f_1e_fa ? 4 : 0;
  // BND, which such stubs had for a time.
  if (code[at] === 0xf2) at++;
  return code.readUInt16BE(at) === 0xff_25 ? address + at + 6 + code.readInt32LE(at + 2) : undefined;
}

function slotsOf(elf: ElfFile, names: readonly string[]): ReadonlySet<number> {
  const slots = new Set<number>();
  const dynamic = readDynamic(elf);
  const symbolsAt = dynamic.get(DYNAMIC_SYMBOLS);
  const stringsAt = dynamic.get(DYNAMIC_STRINGS);
  if (symbolsAt === undefined || stringsAt === undefined) return slots;
  const wanted = names.map((name) => Buffer.from(`${name}\0`, 'latin1'));
  const isWanted = (index: number): boolean => {
    const symbol = elf.readAt(symbolsAt + index * SYMBOL_BYTES, SYMBOL_BYTES);
    const nameAt = symbol?.readUInt32LE(0) ?? 0;
    return wanted.some((name) => elf.readAt(stringsAt + nameAt, name.length)?.equals(name) === true);
  };
  for (const [tag, sizeTag] of [
    [DYNAMIC_PLT, DYNAMIC_PLT_SIZE],
    [DYNAMIC_RELA, DYNAMIC_RELA_SIZE],
  ] as const) {
    const offset = elf.offsetOf(dynamic.get(tag) ?? -1);
    if (offset === undefined) continue;
    const size = Math.max(0, Math.min(dynamic.get(sizeTag) ?? 0, LARGEST, elf.file.sizeBytes - offset));
    elf.file.pieces({ offset, size }, 0, (piece) => {
      for (let at = 0; at + ENTRY_BYTES <= piece.length; at += ENTRY_BYTES) {
        if (SLOTS.includes(piece.readUInt32LE(at + 8)) && isWanted(piece.readUInt32LE(at + 12)))
          slots.add(readWord(piece, at));
      }
      return true;
    });
  }
  return slots;
}

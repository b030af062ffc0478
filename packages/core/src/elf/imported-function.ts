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
const MOST_SLOTS = 262_144;

/**
 * Tells of an address that is called in a file whether it leads to a function of another file with one of these names: whether the stub
 * there (of the procedure linkage table) jumps to the word that the loader fills with the function's address.
 */
export function importedFunction(elf: ElfFile, names: readonly string[]): (target: number) => boolean {
  const dynamic = readDynamic(elf);
  const symbolsAt = dynamic.get(DYNAMIC_SYMBOLS);
  const stringsAt = dynamic.get(DYNAMIC_STRINGS);
  if (symbolsAt === undefined || stringsAt === undefined) return () => false;
  const wanted = names.map((name) => Buffer.from(`${name}\0`, 'latin1'));
  const symbols = symbolsOfSlots(elf, dynamic);
  const known = new Map<number, boolean>();
  const look = (target: number): boolean => {
    const index = symbols.get(slotOfStub(elf, target) ?? -1);
    const symbol = index === undefined ? undefined : elf.readAt(symbolsAt + index * SYMBOL_BYTES, SYMBOL_BYTES);
    if (symbol === undefined) return false;
    const nameAt = stringsAt + symbol.readUInt32LE(0);
    return wanted.some((name) => elf.readAt(nameAt, name.length)?.equals(name) === true);
  };
  return (target) => {
    const is = known.get(target) ?? look(target);
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

/** Words that the loader fills with the address of a function, and the index of its symbol. */
function symbolsOfSlots(elf: ElfFile, dynamic: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const symbols = new Map<number, number>();
  for (const [tag, sizeTag] of [
    [DYNAMIC_PLT, DYNAMIC_PLT_SIZE],
    [DYNAMIC_RELA, DYNAMIC_RELA_SIZE],
  ] as const) {
    const offset = elf.offsetOf(dynamic.get(tag) ?? -1);
    if (offset === undefined) continue;
    const size = Math.max(0, Math.min(dynamic.get(sizeTag) ?? 0, LARGEST, elf.file.sizeBytes - offset));
    elf.file.pieces({ offset, size }, 0, (piece) => {
      for (let at = 0; at + ENTRY_BYTES <= piece.length; at += ENTRY_BYTES)
        if (SLOTS.includes(piece.readUInt32LE(at + 8))) symbols.set(readWord(piece, at), piece.readUInt32LE(at + 12));
      return symbols.size < MOST_SLOTS;
    });
  }
  return symbols;
}

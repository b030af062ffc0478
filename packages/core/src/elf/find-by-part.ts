import { type ElfFile, readWord } from './elf-file.ts';
import { type ElfFunction, fullTable, SYMBOL_BYTES, TYPE_FUNCTION, UNDEFINED_SECTION } from './symbols.ts';

const LONGEST_NAME = 1024;
/** A file that has more of the few wanted names is hostile. */
const MOST_NAMES = 1024;

/** Finds functions in the full symbol table whose names contain `part` and are wanted: names that a compiler has mangled. */
export function findFunctionsByPart(elf: ElfFile, part: string, isWanted: (name: string) => boolean): ElfFunction[] {
  const table = fullTable(elf);
  const strings = table === undefined ? undefined : elf.file.read(table.strings.offset, table.strings.size);
  if (table === undefined || strings === undefined) return [];
  const names = namesWith(strings, part, isWanted);
  const found: ElfFunction[] = [];
  if (names.size === 0) return found;
  elf.file.pieces(table.symbols, 0, (piece) => {
    for (let at = 0; at + SYMBOL_BYTES <= piece.length; at += SYMBOL_BYTES) {
      if (((piece[at + 4] as number) & 0xf) !== TYPE_FUNCTION) continue;
      const name = names.get(piece.readUInt32LE(at));
      if (name === undefined || piece.readUInt16LE(at + 6) === UNDEFINED_SECTION) continue;
      const address = readWord(piece, at + 8);
      if (found.some((one) => one.address === address)) continue;
      found.push({ name, address, size: readWord(piece, at + 16) });
    }
    return found.length < MOST_NAMES;
  });
  return found;
}

/** Where each wanted name begins. */
function namesWith(strings: Buffer, part: string, isWanted: (name: string) => boolean): Map<number, string> {
  const names = new Map<number, string>();
  for (let at = strings.indexOf(part); at !== -1 && names.size < MOST_NAMES; at = strings.indexOf(part, at + 1)) {
    const start = strings.lastIndexOf(0, at) + 1;
    const end = strings.indexOf(0, at);
    if (end === -1 || end - start > LONGEST_NAME) continue;
    const name = strings.toString('latin1', start, end);
    if (isWanted(name)) names.set(start, name);
  }
  return names;
}

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
  const addresses = new Set<number>();
  if (names.size === 0) return found;
  elf.file.pieces(table.symbols, 0, (piece) => {
    for (let at = 0; at + SYMBOL_BYTES <= piece.length; at += SYMBOL_BYTES) {
      if (((piece[at + 4] as number) & 0xf) !== TYPE_FUNCTION) continue;
      const name = names.get(piece.readUInt32LE(at));
      if (name === undefined || piece.readUInt16LE(at + 6) === UNDEFINED_SECTION) continue;
      const address = readWord(piece, at + 8);
      if (addresses.has(address)) continue;
      addresses.add(address);
      found.push({ name, address, size: readWord(piece, at + 16) });
      if (found.length >= MOST_NAMES) return false;
    }
    return true;
  });
  return found;
}

/** Where each wanted name begins. Each byte is looked at a few times, also where names have no end or the part is in them a thousand times. */
function namesWith(strings: Buffer, part: string, isWanted: (name: string) => boolean): Map<number, string> {
  const names = new Map<number, string>();
  for (let from = 0; names.size < MOST_NAMES; ) {
    const at = strings.indexOf(part, from);
    const end = at < 0 ? -1 : strings.indexOf(0, at);
    if (end < 0) break;
    const start = from + strings.subarray(from, at).lastIndexOf(0) + 1;
    from = end + 1;
    if (end - start > LONGEST_NAME) continue;
    const name = strings.toString('latin1', start, end);
    if (isWanted(name)) names.set(start, name);
  }
  return names;
}

import {
  DYNAMIC_GNU_HASH,
  DYNAMIC_HASH,
  DYNAMIC_STRINGS,
  DYNAMIC_STRINGS_SIZE,
  DYNAMIC_SYMBOLS,
  readDynamic,
} from './dynamic.ts';
import { type ElfFile, readWord } from './elf-file.ts';

/** A function that a symbol table names. */
export interface ElfFunction {
  readonly name: string;
  readonly address: number;
  /** 0 where the table does not say. */
  readonly size: number;
}

/** A part of the file. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

/** Symbols and their names. */
export interface SymbolTable {
  readonly symbols: Range;
  readonly strings: Range;
}

const SECTION_SYMBOLS = 2;
const SECTION_DYNAMIC_SYMBOLS = 11;
export const SYMBOL_BYTES = 24;
export const TYPE_FUNCTION = 2;
export const UNDEFINED_SECTION = 0;
/** A file that has so many more of the wanted names than there are is hostile. */
const MOST_FUNCTIONS = 256;
const AT_SIGN = 0x40;
/** Beyond this a table is not read: a browser with debug symbols has about as much. */
const LARGEST_TABLE = 128 * 1024 * 1024;

/**
 * Finds functions by name: in the dynamic symbols, and, if none of them is there, in the full table. A name may stand for several
 * functions. Names have four characters or more.
 */
export function findFunctions(elf: ElfFile, wanted: Iterable<string>): Map<string, ElfFunction[]> {
  const names = [...wanted];
  const dynamic = dynamicTable(elf);
  const found = dynamic === undefined ? new Map<string, ElfFunction[]>() : functionsIn(elf, dynamic, names);
  if (found.size > 0) return found;
  const full = fullTable(elf);
  return full === undefined ? found : functionsIn(elf, full, names);
}

function functionsIn(elf: ElfFile, table: SymbolTable, wanted: readonly string[]): Map<string, ElfFunction[]> {
  const found = new Map<string, ElfFunction[]>();
  const strings = elf.file.read(table.strings.offset, table.strings.size);
  if (strings === undefined) return found;
  const wantedNames = new Set(wanted);
  const longest = Math.max(0, ...wanted.map(({ length }) => length));
  // The first four bytes of a name rule nearly all symbols out before a string is made.
  const beginnings = new Set(wanted.map((name) => Buffer.from(name, 'latin1').readUInt32LE(0)));
  const lastName = strings.length - 4;
  const addresses = new Map<string, Set<number>>();
  let count = 0;
  elf.file.pieces(table.symbols, 0, (piece) => {
    for (let at = 0; at + SYMBOL_BYTES <= piece.length; at += SYMBOL_BYTES) {
      if (((piece[at + 4] as number) & 0xf) !== TYPE_FUNCTION) continue;
      const nameAt = piece.readUInt32LE(at);
      if (nameAt > lastName || !beginnings.has(strings.readUInt32LE(nameAt))) continue;
      const name = nameIn(strings, nameAt, longest);
      if (name === undefined || !wantedNames.has(name) || piece.readUInt16LE(at + 6) === UNDEFINED_SECTION) continue;
      const address = readWord(piece, at + 8);
      const known = addresses.get(name) ?? new Set();
      if (known.has(address)) continue;
      addresses.set(name, known.add(address));
      found.set(name, [...(found.get(name) ?? []), { name, address, size: readWord(piece, at + 16) }]);
      if (++count >= MOST_FUNCTIONS + wanted.length) return false;
    }
    return true;
  });
  return found;
}

/** The text up to its NUL, or up to the `@` of a version; undefined where it is longer than `limit`. */
function nameIn(strings: Buffer, at: number, limit: number): string | undefined {
  for (let end = at; end <= at + limit && end < strings.length; end++) {
    const byte = strings[end];
    if (byte === 0 || byte === AT_SIGN) return strings.toString('latin1', at, end);
  }
  return undefined;
}

/** All symbols, where the file was not stripped of them. */
export function fullTable(elf: ElfFile): SymbolTable | undefined {
  return tableOfSection(elf, SECTION_SYMBOLS);
}

function tableOfSection(elf: ElfFile, type: number): SymbolTable | undefined {
  const section = elf.sections.find((candidate) => candidate.type === type);
  const strings = section === undefined ? undefined : elf.sections[section.link];
  if (section === undefined || strings === undefined) return undefined;
  return { symbols: elf.range(section, LARGEST_TABLE), strings: elf.range(strings, LARGEST_TABLE) };
}

function dynamicTable(elf: ElfFile): SymbolTable | undefined {
  const bySection = tableOfSection(elf, SECTION_DYNAMIC_SYMBOLS);
  if (bySection !== undefined) return bySection;
  const dynamic = readDynamic(elf);
  const symbols = elf.offsetOf(dynamic.get(DYNAMIC_SYMBOLS) ?? -1);
  const strings = elf.offsetOf(dynamic.get(DYNAMIC_STRINGS) ?? -1);
  if (symbols === undefined || strings === undefined) return undefined;
  const within = (offset: number, size: number): Range => ({
    offset,
    size: Math.max(0, Math.min(size, LARGEST_TABLE, elf.file.sizeBytes - offset)),
  });
  return {
    symbols: within(symbols, countByHash(elf, dynamic) * SYMBOL_BYTES),
    strings: within(strings, dynamic.get(DYNAMIC_STRINGS_SIZE) ?? 0),
  };
}

/** The dynamic section does not say how many symbols there are; the hash tables do. */
function countByHash(elf: ElfFile, dynamic: ReadonlyMap<number, number>): number {
  const hash = elf.readAt(dynamic.get(DYNAMIC_HASH) ?? -1, 8);
  if (hash !== undefined) return hash.readUInt32LE(4);
  const gnuAddress = dynamic.get(DYNAMIC_GNU_HASH) ?? -1;
  const header = elf.readAt(gnuAddress, 16);
  if (header === undefined) return 0;
  const buckets = header.readUInt32LE(0);
  const bucketsAt = gnuAddress + 16 + header.readUInt32LE(8) * 8;
  const bucketBytes = elf.readAt(bucketsAt, buckets * 4);
  if (bucketBytes === undefined) return 0;
  let last = 0;
  for (let at = 0; at < bucketBytes.length; at += 4) last = Math.max(last, bucketBytes.readUInt32LE(at));
  const first = header.readUInt32LE(4);
  if (last < first) return first;
  // The chain of the last bucket ends with an odd value.
  for (let index = last; index < last + LONGEST_CHAIN; index++) {
    const value = elf.readAt(bucketsAt + bucketBytes.length + (index - first) * 4, 4);
    if (value === undefined) return index;
    if ((value.readUInt32LE(0) & 1) === 1) return index + 1;
  }
  return last;
}

const LONGEST_CHAIN = 4096;

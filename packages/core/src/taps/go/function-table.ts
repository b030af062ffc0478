import { type ElfFile, readWord, SEGMENT_LOAD } from '../../elf/elf-file.ts';
import { findTextStart } from './text-start.ts';

/** A Go function. */
export interface GoFunction {
  readonly name: string;
  readonly address: number;
  /** Up to the next function: padding included. */
  readonly size: number;
}

/** How the table is laid out, by its magic number (runtime/symtab.go). */
interface Layout {
  /** Bytes of an entry of the list of functions, and of each of its two fields. */
  readonly fieldBytes: 4 | 8;
  /** Word of the header that says where the names are; 0: offsets count from the table's beginning. */
  readonly namesWord: number;
  readonly functionsWord: number;
  /** Addresses count from the beginning of the program's text. */
  readonly isRelative: boolean;
}

const LAYOUTS: Readonly<Record<number, Layout>> = {
  4294967291: { fieldBytes: 8, namesWord: 0, functionsWord: 0, isRelative: false }, // 1.2
  4294967290: { fieldBytes: 8, namesWord: 2, functionsWord: 6, isRelative: false }, // 1.16
  4294967280: { fieldBytes: 4, namesWord: 3, functionsWord: 7, isRelative: true }, // 1.18
  4294967281: { fieldBytes: 4, namesWord: 3, functionsWord: 7, isRelative: true }, // 1.20
};

const SECTIONS = ['.gopclntab', '.data.rel.ro.gopclntab'];
const HEADER_BYTES = 8 + 8 * 8;
const MOST_FUNCTIONS = 4_000_000;
/** A function and its wrapper have the same name. */
const MOST_OF_A_NAME = 64;
/** The largest programs that are known have about 100 MiB. */
const LARGEST_TABLE = 128 * 1024 * 1024;
const LARGEST_SEARCH = 256 * 1024 * 1024;

/** The table of a program's functions, which the runtime needs and stripping leaves. */
export interface FoundTable {
  readonly address: number;
  readonly offset: number;
  readonly limitBytes: number;
}

/**
 * Finds functions of a Go program by name in its `.gopclntab` (layouts of Go 1.2, 1.16, 1.18 and 1.20). A name may stand for several
 * functions. Undefined where there is no table that can be read.
 */
export function findGoFunctions(elf: ElfFile, wanted: readonly string[]): Map<string, GoFunction[]> | undefined {
  const table = findTable(elf);
  const bytes = table === undefined ? undefined : elf.file.read(table.offset, table.limitBytes);
  if (table === undefined || bytes === undefined || bytes.length < HEADER_BYTES) return undefined;
  const layout = LAYOUTS[bytes.readUInt32LE(0)];
  const count = readWord(bytes, 8);
  if (layout === undefined || count > MOST_FUNCTIONS) return undefined;
  const word = (index: number): number => (index === 0 ? 0 : readWord(bytes, 8 + index * 8));
  const namesAt = word(layout.namesWord);
  const functionsAt = layout.functionsWord === 0 ? 16 : word(layout.functionsWord);
  const { fieldBytes } = layout;
  const entryBytes = fieldBytes * 2;
  // The list ends with the address behind the last function.
  if (functionsAt + count * entryBytes + fieldBytes > bytes.length) return undefined;
  const field = (at: number): number => (fieldBytes === 4 ? bytes.readUInt32LE(at) : readWord(bytes, at));
  const first = field(functionsAt);
  const last = field(functionsAt + count * entryBytes);
  const base = layout.isRelative ? findTextStart(elf, table.address, word(2), first, last) : 0;
  if (base === undefined) return undefined;
  const names = namePlaces(bytes, namesAt, wanted);
  const found = new Map<string, GoFunction[]>();
  const structuresAt = layout.functionsWord === 0 ? 0 : functionsAt;
  for (let index = 0; index < count; index++) {
    const at = functionsAt + index * entryBytes;
    const structure = structuresAt + field(at + fieldBytes);
    if (structure + fieldBytes + 4 > bytes.length) continue;
    const name = names.get(bytes.readUInt32LE(structure + fieldBytes));
    if (name === undefined) continue;
    const start = field(at);
    const size = field(at + entryBytes) - start;
    if (size <= 0) continue;
    const same = found.get(name);
    if (same === undefined) found.set(name, [{ name, address: base + start, size }]);
    else if (same.length < MOST_OF_A_NAME) same.push({ name, address: base + start, size });
  }
  return found;
}

/** Place of a name, counted from where the names begin → the name. */
function namePlaces(bytes: Buffer, namesAt: number, wanted: readonly string[]): Map<number, string> {
  const places = new Map<number, string>();
  // Each name is there once in a table that was not made to be hostile.
  const mostPlaces = 64 * wanted.length;
  for (const name of wanted) {
    const needle = Buffer.from(`\0${name}\0`, 'latin1');
    for (
      let at = bytes.indexOf(needle, namesAt);
      at >= 0 && places.size < mostPlaces;
      at = bytes.indexOf(needle, at + 1)
    )
      places.set(at + 1 - namesAt, name);
  }
  return places;
}

function findTable(elf: ElfFile): FoundTable | undefined {
  for (const name of SECTIONS) {
    const section = elf.section(name);
    if (section === undefined) continue;
    const { offset, size } = elf.range(section, LARGEST_TABLE);
    return { address: section.address, offset, limitBytes: size };
  }
  return searchTable(elf);
}

/** Without section headers: the header begins with a magic number, two zeros, the instruction unit 1 and the pointer size 8. */
function searchTable(elf: ElfFile): FoundTable | undefined {
  const needle = Buffer.from([0xff, 0xff, 0xff, 0, 0, 1, 8]);
  let found: FoundTable | undefined;
  for (const segment of elf.segments) {
    if (segment.type !== SEGMENT_LOAD || found !== undefined) continue;
    const range = elf.range(segment, LARGEST_SEARCH);
    elf.file.pieces(range, 16, (piece, start) => {
      for (let at = piece.indexOf(needle); at > 0; at = piece.indexOf(needle, at + 1)) {
        const inside = start + at - 1;
        if ((segment.address + inside) % 8 !== 0 || LAYOUTS[piece.readUInt32LE(at - 1)] === undefined) continue;
        const offset = range.offset + inside;
        const limitBytes = Math.min(LARGEST_TABLE, range.size - inside);
        found = { address: segment.address + inside, offset, limitBytes };
        return false;
      }
      return true;
    });
  }
  return found;
}

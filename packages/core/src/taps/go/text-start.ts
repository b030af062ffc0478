import { type ElfFile, readWord, SEGMENT_LOAD } from '../../elf/elf-file.ts';
import { eachRelativeRelocation } from '../../elf/relative-relocations.ts';
import { findFunctions } from '../../elf/symbols.ts';

/** Offsets in runtime.moduledata, the same from Go 1.18 to 1.26 (runtime/symtab.go). */
const MINPC = 20 * 8;
const MAXPC = 21 * 8;
const TEXT = 22 * 8;
const LARGEST_SEARCH = 256 * 1024 * 1024;
const MOST_CANDIDATES = 64;

/**
 * The address that the addresses of a function table count from. The table's header says it up to Go 1.25 and 0 since; runtime.moduledata
 * always does, and is found by its first word, which points to the table. What is found there must agree with the first and last address of
 * the table: a wrong base would put probes into the middle of instructions.
 */
export function findTextStart(
  elf: ElfFile,
  tableAddress: number,
  headerSays: number,
  first: number,
  last: number,
): number | undefined {
  const module = elf.section('.go.module');
  const candidates = module === undefined ? [] : [module.address];
  candidates.push(...wordsInData(elf, tableAddress));
  const relocated = elf.isRelocatable ? relocatedText(elf, tableAddress, candidates) : new Map<number, number>();
  for (const candidate of candidates) {
    const word = (offset: number): number | undefined => {
      const filled = relocated.get(candidate + offset);
      if (filled !== undefined) return filled;
      const bytes = elf.readAt(candidate + offset, 8);
      return bytes === undefined ? undefined : readWord(bytes, 0);
    };
    const text = word(TEXT);
    if (text !== undefined && word(MINPC) === text + first && word(MAXPC) === text + last) return text;
  }
  const [symbol] = findFunctions(elf, ['runtime.text']).get('runtime.text') ?? [];
  if (symbol !== undefined) return symbol.address;
  return headerSays === 0 || elf.isRelocatable ? undefined : headerSays;
}

/** Addresses of the words in writable data that have this value in the file. */
function wordsInData(elf: ElfFile, value: number): number[] {
  const found: number[] = [];
  const needle = Buffer.alloc(8);
  needle.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  for (const segment of elf.segments) {
    if (segment.type !== SEGMENT_LOAD || (segment.flags & 2) === 0) continue;
    elf.file.pieces(elf.range(segment, LARGEST_SEARCH), 8, (piece, start) => {
      for (
        let at = piece.indexOf(needle);
        at >= 0 && found.length < MOST_CANDIDATES;
        at = piece.indexOf(needle, at + 1)
      )
        if ((segment.address + start + at) % 8 === 0) found.push(segment.address + start + at);
      return true;
    });
  }
  return found;
}

/** Adds the words that the loader makes point to the table to `candidates`; returns what it writes to the words of all of them. */
function relocatedText(elf: ElfFile, tableAddress: number, candidates: number[]): Map<number, number> {
  const words = new Map<number, number>();
  eachRelativeRelocation(elf, (address, target) => {
    if (target === tableAddress && candidates.length < 2 * MOST_CANDIDATES) candidates.push(address);
  });
  const wanted = new Set(candidates.flatMap((candidate) => [candidate + MINPC, candidate + MAXPC, candidate + TEXT]));
  eachRelativeRelocation(elf, (address, target) => {
    if (wanted.has(address)) words.set(address, target);
  });
  return words;
}

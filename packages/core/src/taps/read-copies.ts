import { type ElfFile, readWord } from '../elf/elf-file.ts';
import { functionSize } from '../elf/function-size.ts';
import { importedFunction } from '../elf/imported-function.ts';
import { eachRelativeRelocation } from '../elf/relative-relocations.ts';
import type { FunctionCode } from './x86/function-code.ts';
import { walkFunction } from './x86/function-walk.ts';
import { callTarget } from './x86/place-probe.ts';

/** What a compiler makes of memcpy, with the same first three arguments. */
const COPY = ['memcpy', '__memcpy_chk', 'memmove'];
/**
 * Words of OpenSSL's SSL_METHOD that are looked at: those from `ssl_read` on, to behind `ssl_read_bytes`, wherever a release has them
 * (the 7th and 13th from 1.1 to 3.1, the 10th and 16th since 3.2).
 */
const FIRST_METHOD = 7;
const METHODS = 12;
/** The function that reads records has one copy for what the program wants and another for what belongs to a handshake. */
const COPIES_OF_READER = 2;
const LONGEST_FUNCTION = 64 * 1024;
const LONGEST_GETTER = 16;

/** Functions that may lead to where a read gives plaintext to the program. */
export interface ReadFunctions {
  readonly read: FunctionCode;
  readonly peek: FunctionCode | undefined;
  /** TLS_method(), which returns the table of what OpenSSL calls by pointer. */
  readonly method: FunctionCode | undefined;
}

/**
 * Addresses of the calls of memcpy through which SSL_read may give plaintext to the program: in BoringSSL in SSL_read itself, or in
 * SSL_peek that it calls; in OpenSSL in `ssl3_read_bytes`, which stripped libraries do not name, but which the table of methods has.
 */
export function readCopies(elf: ElfFile, { read, peek, method }: ReadFunctions): number[] {
  const isCopy = importedFunction(elf, COPY);
  const calls = (found: FunctionCode): number[] => {
    const at: number[] = [];
    const isWhole = walkFunction(found.code, (instruction, offset) => {
      const target = callTarget(found.code, instruction, offset);
      if (target !== undefined && isCopy(found.address + target)) at.push(found.address + offset);
    });
    return isWhole ? at : [];
  };
  const inRead = calls(read);
  if (inRead.length > 0) return inRead;
  if (peek !== undefined && doesCall(read, peek.address)) return calls(peek);
  const table = method === undefined ? undefined : tableAddress(method);
  for (const found of table === undefined ? [] : methodsIn(elf, table)) {
    const copies = calls(found);
    if (copies.length >= COPIES_OF_READER) return copies;
  }
  return [];
}

export function doesCall({ address, code }: FunctionCode, callee: number): boolean {
  let is = false;
  walkFunction(code, (instruction, at) => {
    const target = callTarget(code, instruction, at);
    if (target !== undefined && address + target === callee) is = true;
  });
  return is;
}

/** What LEA distance(%rip), %rax or MOV $address, %eax leaves in the register. */
function tableAddress({ address, code }: FunctionCode): number | undefined {
  const bytes = Buffer.from(code.buffer, code.byteOffset, Math.min(code.byteLength, LONGEST_GETTER));
  const lea = bytes.indexOf('488d05', 0, 'hex');
  if (lea >= 0 && lea + 7 <= bytes.length) return address + lea + 7 + bytes.readInt32LE(lea + 3);
  const move = bytes.indexOf(0xb8);
  return move >= 0 && move + 5 <= bytes.length ? bytes.readUInt32LE(move + 1) : undefined;
}

function methodsIn(elf: ElfFile, table: number): FunctionCode[] {
  const first = table + FIRST_METHOD * 8;
  const words = new Map<number, number>();
  if (elf.isRelocatable) {
    eachRelativeRelocation(elf, (address, target) => {
      if (address >= first && address < first + METHODS * 8) words.set(address, target);
    });
  } else {
    const bytes = elf.readAt(first, METHODS * 8);
    for (let index = 0; bytes !== undefined && index < METHODS; index++)
      words.set(first + index * 8, readWord(bytes, index * 8));
  }
  const found: FunctionCode[] = [];
  for (const [, address] of [...words].sort(([a], [b]) => a - b)) {
    const size = functionSize(elf, address) ?? 0;
    const code = size > 0 && size <= LONGEST_FUNCTION ? elf.codeAt(address, size) : undefined;
    if (code !== undefined) found.push({ address, code });
  }
  return found;
}

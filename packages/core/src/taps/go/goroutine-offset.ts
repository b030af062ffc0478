import { type ElfFile, SEGMENT_TLS } from '../../elf/elf-file.ts';
import { walkFunction } from '../x86/function-walk.ts';
import type { Instruction } from '../x86/instruction.ts';

const MOV_STORE = 0x89;
const MOV_LOAD = 0x8b;
const MOV_IMMEDIATE = 0xc7;
const FARTHEST = 64 * 1024;
/** The whole thread-local storage of a Go program without C: one word, below the thread pointer. */
const ONLY_WORD = -8;

/**
 * Where a thread keeps the address of its goroutine, in bytes from its thread pointer (FS base), read off the code of a function of the
 * runtime that uses it. It is −8 but where C code has thread-local storage in the same file. Undefined where that cannot be told.
 */
export function goroutineOffset(elf: ElfFile, code: Uint8Array | undefined): number | undefined {
  const byCode = code === undefined ? undefined : offsetInCode(code);
  if (byCode !== undefined) return byCode;
  const storage = elf.segments.find(({ type }) => type === SEGMENT_TLS);
  return storage === undefined || storage.memorySize === -ONLY_WORD ? ONLY_WORD : undefined;
}

function offsetInCode(code: Uint8Array): number | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const constants = new Map<number, number>();
  let found: number | undefined;
  walkFunction(code, (instruction, at) => {
    const { map, opcode, modrm, hasSegmentPrefix, immediateAt, length } = instruction;
    if (map !== 1 || found !== undefined) return;
    // The linker makes a constant of an offset that the compiler left open.
    if (opcode === MOV_IMMEDIATE && modrm >> 6 === 3)
      constants.set(operand(instruction), view.getInt32(immediateAt, true));
    if (!hasSegmentPrefix || (opcode !== MOV_STORE && opcode !== MOV_LOAD) || modrm >> 6 !== 0) return;
    const isAbsolute = (modrm & 7) === 4 && code[at + length - 5] === 0x25;
    const offset = isAbsolute ? view.getInt32(at + length - 4, true) : constants.get(operand(instruction));
    if (offset !== undefined && offset < 0 && offset > -FARTHEST && offset % 8 === 0) found = offset;
  });
  return found;
}

/** The register at the end of ModRM. */
function operand({ modrm, rex }: Instruction): number {
  return (modrm & 7) | ((rex & 1) << 3);
}

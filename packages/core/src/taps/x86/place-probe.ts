import { walkFunction } from './function-walk.ts';
import { decode, type Instruction, newInstruction } from './instruction.ts';
import { writtenRegisters } from './registers.ts';

/**
 * Where a probe goes in a function. The kernel emulates some instructions; any other is executed out of line, which costs a second trap
 * (here 9 to 12 µs instead of 0.5 to 0.8 µs).
 */
export interface Placement {
  /** Bytes from the function's first one. */
  readonly offset: number;
  readonly kind: 'emulated' | 'stepped';
}

const REX_W = 8;

/**
 * The first instruction that the kernel emulates, that every call of the function executes, and at which these registers still hold
 * what they held at the entry; without one the entry. Undefined where the function cannot be decoded from its first byte to its last.
 *
 * `keepsStack` also asks for the stack pointer to be that of the entry.
 */
export function placeProbe(code: Uint8Array, registers: readonly number[], keepsStack = false): Placement | undefined {
  const wanted = registers.reduce((bits, register) => bits | (1 << register), 0);
  const candidates: number[] = [];
  const targets = new Set<number>();
  let isOpen = true;
  const isWhole = walkFunction(code, (instruction, at) => {
    const target = jumpTarget(code, instruction, at);
    if (target !== undefined) targets.add(target);
    if (!isOpen) return;
    if (isEmulated(instruction)) candidates.push(at);
    isOpen =
      !endsBlock(instruction) &&
      (writtenRegisters(instruction) & wanted) === 0 &&
      !(keepsStack && movesStack(instruction));
  });
  if (!isWhole) return undefined;
  // A loop back behind the entry would hit a later candidate once a round.
  let firstLoop = Number.POSITIVE_INFINITY;
  for (const target of targets) if (target > 0 && target < firstLoop) firstLoop = target;
  const offset = candidates.find((candidate) => candidate < firstLoop);
  return offset === undefined ? { offset: 0, kind: 'stepped' } : { offset, kind: 'emulated' };
}

/** Whether Linux emulates it since 5.10 (arch/x86/kernel/uprobes.c): PUSH of a register, NOP, CALL, JMP and Jcc with a distance. */
export function isEmulated(instruction: Instruction): boolean {
  const { map, opcode, rex, hasOtherPrefix, hasOperandSizePrefix, hasSegmentPrefix } = instruction;
  if (hasOtherPrefix || hasOperandSizePrefix || hasSegmentPrefix) return false;
  if (map === 2) return opcode >= 0x80 && opcode < 0x90 && rex === 0;
  if (map !== 1) return false;
  if (opcode >= 0x50 && opcode < 0x58) return (rex & REX_W) === 0;
  if (rex !== 0) return false;
  return opcode === 0x90 || opcode === 0xe8 || opcode === 0xe9 || opcode === 0xeb || (opcode >= 0x70 && opcode < 0x80);
}

/** Where a direct jump goes, in bytes from the function's first one. */
export function jumpTarget(code: Uint8Array, instruction: Instruction, at: number): number | undefined {
  const { map, opcode, length } = instruction;
  const isJump = map === 1 ? isShortJump(opcode) || opcode === 0xe9 : map === 2 && opcode >= 0x80 && opcode < 0x90;
  return isJump ? at + length + distance(code, instruction) : undefined;
}

/** Where a direct call goes, in bytes from the function's first one. */
export function callTarget(code: Uint8Array, instruction: Instruction, at: number): number | undefined {
  const isCall = instruction.map === 1 && instruction.opcode === 0xe8;
  return isCall ? at + instruction.length + distance(code, instruction) : undefined;
}

function distance(code: Uint8Array, { immediateAt, immediateBytes }: Instruction): number {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  return immediateBytes === 1 ? view.getInt8(immediateAt) : view.getInt32(immediateAt, true);
}

/** Jcc, LOOP, JRCXZ, JMP. */
function isShortJump(opcode: number): boolean {
  return (opcode >= 0x70 && opcode < 0x80) || (opcode >= 0xe0 && opcode < 0xe4) || opcode === 0xeb;
}

/** After it another instruction than the next one may follow, or another function has run. */
function endsBlock({ map, opcode, modrm }: Instruction): boolean {
  if (map === 2) return (opcode >= 0x80 && opcode < 0x90) || opcode === 0x05 || opcode === 0x0b;
  if (map !== 1) return false;
  if (isShortJump(opcode) || opcode === 0xe8 || opcode === 0xe9 || opcode === 0xc3 || opcode === 0xc2) return true;
  const group = (modrm >> 3) & 7;
  return opcode === 0xcc || (opcode === 0xff && group >= 2 && group <= 5);
}

/** PUSH, POP, ENTER, LEAVE, and arithmetic or moves to RSP. */
function movesStack({ map, opcode, modrm, rex }: Instruction): boolean {
  if (map !== 1) return false;
  if ((opcode >= 0x50 && opcode < 0x60) || opcode === 0x68 || opcode === 0x6a || opcode === 0xc8 || opcode === 0xc9)
    return true;
  const isCompare =
    (opcode >= 0x38 && opcode < 0x40) || ((opcode === 0x81 || opcode === 0x83) && ((modrm >> 3) & 7) === 7);
  if (isCompare) return false;
  const isToMemoryOperand =
    opcode === 0x83 || opcode === 0x81 || (opcode < 0x40 && (opcode & 7) < 2) || opcode === 0x89;
  if (isToMemoryOperand) return modrm >> 6 === 3 && (modrm & 7) === 4 && (rex & 1) === 0;
  const isToRegister = opcode === 0x8d || opcode === 0x8b || (opcode < 0x40 && (opcode & 6) === 2);
  if (isToRegister) return ((modrm >> 3) & 7) === 4 && (rex & 4) === 0;
  return opcode === 0xff || opcode === 0x8f;
}

/** Whether the first instruction is one that the kernel emulates. */
export function startsEmulated(code: Uint8Array): boolean {
  const instruction = newInstruction();
  return decode(code, 0, instruction) > 0 && isEmulated(instruction);
}

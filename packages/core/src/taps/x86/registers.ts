import type { Instruction } from './instruction.ts';

/** Numbers of the general registers as instructions encode them. */
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R14 = 14;

const REX_B = 1;
const REX_R = 4;
/** The answer for what is not in the tables below. */
const EVERY = 0xffff;

/** Which general registers an instruction may write: bit n is register n. What is not known writes all of them; RSP is left out. */
export function writtenRegisters(instruction: Instruction): number {
  switch (instruction.map) {
    case 1:
      return ofOneByteOpcode(instruction);
    case 2:
      return ofTwoByteOpcode(instruction);
    default:
      return EVERY;
  }
}

function ofOneByteOpcode(instruction: Instruction): number {
  const { opcode, modrm } = instruction;
  const group = (modrm >> 3) & 7;
  // ADD OR ADC SBB AND SUB XOR CMP
  if (opcode < 0x40) {
    if (opcode >= 0x38) return 0;
    const form = opcode & 7;
    return form < 2 ? memoryOperand(instruction) : form < 4 ? registerOperand(instruction) : bit(RAX);
  }
  // PUSH; Jcc; TEST; NOP
  if (opcode >= 0x50 && opcode < 0x58) return 0;
  // POP
  if (opcode >= 0x58 && opcode < 0x60) return bit((opcode & 7) | ((instruction.rex & REX_B) << 3));
  if (opcode >= 0x70 && opcode < 0x80) return 0;
  if (opcode === 0x84 || opcode === 0x85 || opcode === 0xa8 || opcode === 0xa9) return 0;
  if (opcode === 0x90 && (instruction.rex & REX_B) === 0) return 0;
  if (opcode >= 0xb0 && opcode < 0xc0) return bit((opcode & 7) | ((instruction.rex & REX_B) << 3));
  switch (opcode) {
    case 0x63: // MOVSXD
    case 0x8a: // MOV to register
    case 0x8b:
    case 0x8d: // LEA
      return registerOperand(instruction);
    case 0x88: // MOV to register or memory
    case 0x89:
    case 0xc6:
    case 0xc7:
      return memoryOperand(instruction);
    case 0x80: // ADD … SUB XOR, or CMP with an immediate
    case 0x81:
    case 0x83:
      return group === 7 ? 0 : memoryOperand(instruction);
    case 0xf6: // TEST; the others have hidden operands
    case 0xf7:
      return group < 2 ? 0 : EVERY;
    case 0xc9: // LEAVE
      return bit(RBP);
    case 0xff: // PUSH; the others are jumps and calls, INC and DEC
      return group === 6 ? 0 : EVERY;
    default:
      return EVERY;
  }
}

function ofTwoByteOpcode(instruction: Instruction): number {
  const { opcode } = instruction;
  // Jcc
  if (opcode >= 0x80 && opcode < 0x90) return 0;
  switch (opcode) {
    case 0x1e: // ENDBR64 and hints
    case 0x1f: // NOP
    case 0x10: // moves and logic of vector registers
    case 0x11:
    case 0x28:
    case 0x29:
    case 0x57:
    case 0x6f:
    case 0x7f:
    case 0xd6:
    case 0xef:
      return 0;
    case 0xb6: // MOVZX MOVSX
    case 0xb7:
    case 0xbe:
    case 0xbf:
      return registerOperand(instruction);
    default:
      return EVERY;
  }
}

/** The register in the middle of ModRM. Byte registers without REX may be the second byte of another: both are named. */
function registerOperand({ modrm, rex, opcode }: Instruction): number {
  const register = ((modrm >> 3) & 7) | ((rex & REX_R) << 1);
  return bit(register) | highByteOwner(register, rex, opcode);
}

/** The register at the end of ModRM; none where that is memory. */
function memoryOperand({ modrm, rex, opcode }: Instruction): number {
  if (modrm >> 6 !== 3) return 0;
  const register = (modrm & 7) | ((rex & REX_B) << 3);
  return bit(register) | highByteOwner(register, rex, opcode);
}

/** AH, CH, DH and BH are encoded like RSP, RBP, RSI and RDI. */
function highByteOwner(register: number, rex: number, opcode: number): number {
  return rex === 0 && (opcode & 1) === 0 && register >= 4 && register < 8 ? bit(register - 4) : 0;
}

function bit(register: number): number {
  return register === RSP ? 0 : 1 << register;
}

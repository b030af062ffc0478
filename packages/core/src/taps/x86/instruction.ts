import { EVEX_IMMEDIATE_MAPS, MODRM, ONE_BYTE, TWO_BYTE, VEX_IMMEDIATES } from './opcodes.ts';

/** One x86-64 instruction, as far as placing probes needs it. One object is reused: valid until the next decoding. */
export interface Instruction {
  length: number;
  /** 1: the one-byte table; 2: after 0F; 3: 0F 38; 4: 0F 3A; 5: VEX and EVEX. */
  map: number;
  opcode: number;
  /** Bits of the REX prefix; 0 without one. */
  rex: number;
  hasOperandSizePrefix: boolean;
  /** F0, F2 or F3. */
  hasOtherPrefix: boolean;
  /** A segment other than the usual one. */
  hasSegmentPrefix: boolean;
  /** The ModRM byte; -1 where the instruction has none. */
  modrm: number;
  /** Where the immediate (or the distance of a jump) begins, and its size. */
  immediateAt: number;
  immediateBytes: number;
}

const LONGEST = 15;
const REX_W = 8;

export function newInstruction(): Instruction {
  return {
    length: 0,
    map: 1,
    opcode: 0,
    rex: 0,
    hasOperandSizePrefix: false,
    hasOtherPrefix: false,
    hasSegmentPrefix: false,
    modrm: -1,
    immediateAt: 0,
    immediateBytes: 0,
  };
}

/**
 * Decodes the instruction at `at` (Intel SDM volume 2, appendix A; 64-bit mode). Returns its length; 0 where it is not surely known: an
 * opcode that is not in the tables, prefixes in an unusual order or that processors disagree about, or a cut instruction.
 */
export function decode(code: Uint8Array, at: number, into: Instruction): number {
  into.rex = 0;
  into.modrm = -1;
  into.hasOperandSizePrefix = false;
  into.hasOtherPrefix = false;
  into.hasSegmentPrefix = false;
  let next = at;
  let byte = code[next++] ?? -1;
  for (; isLegacyPrefix(byte); byte = code[next++] ?? -1) {
    if (byte === 0x66) into.hasOperandSizePrefix = true;
    else if (byte === 0x64 || byte === 0x65) into.hasSegmentPrefix = true;
    else if (byte >= 0xf0) into.hasOtherPrefix = true;
  }
  const hasVex = byte === 0xc4 || byte === 0xc5 || byte === 0x62;
  if (hasVex)
    return into.hasOperandSizePrefix || into.hasOtherPrefix ? 0 : finish(code, at, vex(code, next, byte, into), into);
  if ((byte & 0xf0) === 0x40) {
    into.rex = byte;
    byte = code[next++] ?? -1;
  }
  if (byte < 0) return 0;
  return finish(code, at, byte === 0x0f ? escaped(code, next, into) : plain(code, next, byte, into), into);
}

function finish(code: Uint8Array, at: number, end: number, into: Instruction): number {
  const length = end - at;
  into.length = end > 0 && length <= LONGEST && end <= code.length ? length : 0;
  return into.length;
}

function isLegacyPrefix(byte: number): boolean {
  switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
      return true;
    default:
      return false;
  }
}

/** The functions below return where the instruction ends; 0 where it is not known. */
function plain(code: Uint8Array, next: number, opcode: number, into: Instruction): number {
  into.map = 1;
  into.opcode = opcode;
  const form = ONE_BYTE[opcode] as string;
  switch (form) {
    case '?':
      return 0;
    case 'q':
      return immediate(next, (into.rex & REX_W) !== 0 ? 8 : operandBytes(into), into);
    case 'j':
      // Intel ignores the operand size prefix here, AMD does not.
      return into.hasOperandSizePrefix && (into.rex & REX_W) === 0 ? 0 : immediate(next, 4, into);
    case 't':
    case 'T': {
      // TEST is the only one of its group that has an immediate.
      const hasImmediate = (((code[next] ?? 0) >> 3) & 7) < 2;
      const size = form === 't' ? 1 : operandBytes(into);
      return immediate(modrm(code, next, into), hasImmediate ? size : 0, into);
    }
    case 'p':
      // Only POP is known of this opcode; the rest is an AMD extension.
      return ((code[next] ?? 0x38) & 0x38) === 0 ? immediate(modrm(code, next, into), 0, into) : 0;
    case 'f':
      return (((code[next] ?? 0) >> 3) & 7) < 2 ? immediate(modrm(code, next, into), 0, into) : 0;
    case 'F':
      return (((code[next] ?? 0) >> 3) & 7) < 7 ? immediate(modrm(code, next, into), 0, into) : 0;
    default:
      return simple(code, next, form, into);
  }
}

function escaped(code: Uint8Array, next: number, into: Instruction): number {
  const opcode = code[next] ?? -1;
  if (opcode < 0) return 0;
  if (opcode === 0x38 || opcode === 0x3a) {
    into.map = opcode === 0x38 ? 3 : 4;
    into.opcode = code[next + 1] ?? 0;
    return immediate(modrm(code, next + 2, into), opcode === 0x38 ? 0 : 1, into);
  }
  into.map = 2;
  into.opcode = opcode;
  const form = TWO_BYTE[opcode] as string;
  if (form === '?') return 0;
  if (form === 'j') return into.hasOperandSizePrefix ? 0 : immediate(next + 1, 4, into);
  // POPCNT needs its prefix.
  if (opcode === 0xb8 && !into.hasOtherPrefix) return 0;
  return simple(code, next + 1, form, into);
}

function simple(code: Uint8Array, next: number, form: string, into: Instruction): number {
  const hasModrm = MODRM.includes(form);
  const end = hasModrm ? modrm(code, next, into) : next;
  switch (form) {
    case 'b':
    case 'B':
      return immediate(end, 1, into);
    case 'z':
    case 'Z':
      return immediate(end, operandBytes(into), into);
    case 'w':
      return immediate(end, 2, into);
    case 'e':
      return immediate(end, 3, into);
    default:
      return immediate(end, 0, into);
  }
}

function vex(code: Uint8Array, next: number, prefix: number, into: Instruction): number {
  into.map = 5;
  const first = code[next] ?? -1;
  if (first < 0) return 0;
  const table = prefix === 0xc5 ? 1 : first & (prefix === 0xc4 ? 0x1f : 0x0f);
  const opcodeAt = next + (prefix === 0xc5 ? 1 : prefix === 0xc4 ? 2 : 3);
  const opcode = code[opcodeAt] ?? -1;
  if (opcode < 0) return 0;
  into.opcode = opcode;
  const isEvex = prefix === 0x62;
  if (table === 1 && opcode === 0x77 && !isEvex) return opcodeAt + 1;
  const isKnown = isEvex ? EVEX_IMMEDIATE_MAPS[table] !== undefined : table >= 1 && table <= 3;
  if (!isKnown) return 0;
  const hasImmediate = table === 3 || (table === 1 && VEX_IMMEDIATES.includes(opcode));
  return immediate(modrm(code, opcodeAt + 1, into), hasImmediate ? 1 : 0, into);
}

/** Returns where ModRM, SIB and displacement end; 0 where they are cut. */
function modrm(code: Uint8Array, at: number, into: Instruction): number {
  const byte = code[at];
  if (byte === undefined) return 0;
  into.modrm = byte;
  const mode = byte >> 6;
  const memory = byte & 7;
  if (mode === 3) return at + 1;
  let next = at + 1;
  let base = memory;
  if (memory === 4) base = (code[next++] ?? 0) & 7;
  if (mode === 1) return next + 1;
  if (mode === 2 || (base === 5 && mode === 0)) return next + 4;
  return next;
}

function immediate(at: number, bytes: number, into: Instruction): number {
  into.immediateAt = at;
  into.immediateBytes = bytes;
  return at === 0 ? 0 : at + bytes;
}

function operandBytes(into: Instruction): number {
  return into.hasOperandSizePrefix && (into.rex & REX_W) === 0 ? 2 : 4;
}

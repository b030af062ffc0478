/*
 * Forms of the opcodes of 64-bit mode, one character each, sixteen to a row:
 *
 * .  nothing follows         m  ModRM                  ?  invalid here, or not surely known
 * b  8-bit immediate         B  ModRM, 8-bit immediate
 * z  16/32-bit immediate     Z  ModRM, 16/32-bit immediate
 * j  32-bit distance        q  16/32/64-bit immediate
 * w  16-bit immediate        e  16-bit and 8-bit immediate
 * t T p f F                  groups whose ModRM decides
 *
 * Instructions that only a kernel may execute are unknown: where they turn up in a program, it is data among the code.
 * Prefixes and the escapes 0F, C4, C5, 62 are handled before the tables are asked. FWAIT (9B) is left out since assemblers take it for
 * part of the next instruction, processors do not.
 */

const ONE_BYTE_ROWS = [
  'mmmmbz??mmmmbz??', // 0 ADD OR
  'mmmmbz??mmmmbz??', // 1 ADC SBB
  'mmmmbz??mmmmbz??', // 2 AND SUB
  'mmmmbz??mmmmbz??', // 3 XOR CMP
  '????????????????', // 4 REX
  '................', // 5 PUSH POP
  '???m????zZbB????', // 6
  'bbbbbbbbbbbbbbbb', // 7 Jcc
  'BZ?Bmmmmmmmmmmmp', // 8
  '..........??....', // 9
  '????....bz......', // A
  'bbbbbbbbqqqqqqqq', // B MOV
  'BBw.??BZe.??.b??', // C
  'mmmm???.mmmmmmmm', // D
  'bbbb????jj?b????', // E
  '?.???.tT..??..fF', // F
];

const TWO_BYTE_ROWS = [
  '?mmm?.?????.?m?B', // 0
  'mmmmmmmmmmmmmmmm', // 1
  '????????mmmmmmmm', // 2
  '?.??????????????', // 3
  'mmmmmmmmmmmmmmmm', // 4 CMOVcc
  'mmmmmmmmmmmmmmmm', // 5
  'mmmmmmmmmmmmmmmm', // 6
  'BBBBmmm.????mmmm', // 7
  'jjjjjjjjjjjjjjjj', // 8 Jcc
  'mmmmmmmmmmmmmmmm', // 9 SETcc
  '...mBm??...mBmmm', // A
  'mmmmmmmmmmBmmmmm', // B
  'mmBmBBBm........', // C
  'mmmmmmmmmmmmmmmm', // D
  'mmmmmmmmmmmmmmmm', // E
  'mmmmmmmmmmmmmmmm', // F
];

export const ONE_BYTE: string = ONE_BYTE_ROWS.join('');
export const TWO_BYTE: string = TWO_BYTE_ROWS.join('');
/** Forms that have a ModRM byte. */
export const MODRM = 'mBZ';
/** Opcodes of the first VEX table with an 8-bit immediate. */
export const VEX_IMMEDIATES: readonly number[] = [0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6];
/** Tables that EVEX knows. */
export const EVEX_IMMEDIATE_MAPS: Readonly<Record<number, true>> = { 1: true, 2: true, 3: true, 5: true, 6: true };

import { walkFunction } from './function-walk.ts';
import { callTarget } from './place-probe.ts';
import { RCX, RDI, RDX, RSI, writtenRegisters } from './registers.ts';

/** A function with its code. */
export interface FunctionCode {
  readonly address: number;
  readonly code: Uint8Array;
}

/**
 * The address of the function that does the work of both: `extended` does nothing but call it with its own four arguments, `plain` calls it
 * first with its own first two. So it has the arguments, and up to its sign the result, of `extended`.
 */
export function sharedBody(plain: FunctionCode, extended: FunctionCode): number | undefined {
  const whole = callsOf(extended, [RDI, RSI, RDX, RCX]);
  const target = whole?.length === 1 ? whole[0] : undefined;
  return target !== undefined && callsOf(plain, [RDI, RSI])?.[0] === target ? target : undefined;
}

/** Where its calls go, in order; undefined where the first is not direct, or does not get these registers as they were at the entry. */
function callsOf({ address, code }: FunctionCode, registers: readonly number[]): number[] | undefined {
  const wanted = registers.reduce((bits, register) => bits | (1 << register), 0);
  const targets: number[] = [];
  let written = 0;
  let isDirect = true;
  const isWhole = walkFunction(code, (instruction, at) => {
    const target = callTarget(code, instruction, at);
    if (target !== undefined) {
      targets.push(address + target);
      return;
    }
    const isIndirect = instruction.map === 1 && instruction.opcode === 0xff && ((instruction.modrm >> 3) & 7) >= 2;
    if (targets.length === 0) {
      if (isIndirect) isDirect = false;
      written |= writtenRegisters(instruction);
    }
  });
  return isWhole && isDirect && (written & wanted) === 0 ? targets : undefined;
}

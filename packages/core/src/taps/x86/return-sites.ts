import { walkFunction } from './function-walk.ts';
import { decode, type Instruction, newInstruction } from './instruction.ts';
import { callTarget, isEmulated, jumpTarget, type Placement } from './place-probe.ts';
import { RAX, writtenRegisters } from './registers.ts';

/**
 * Where a function is about to return and its result is in RAX, one place for each of its returns, so that no return address need be
 * replaced to see it: the check of the stack's canary, a conditional jump that the kernel emulates, where the function has one, else the
 * return itself. Empty where the function is not understood from its first byte to its last.
 */
export function returnSites(code: Uint8Array): Placement[] {
  const starts: number[] = [];
  const returns: number[] = [];
  const targets = new Set<number>();
  const isWhole = walkFunction(code, (instruction, at) => {
    const target = jumpTarget(code, instruction, at);
    if (target !== undefined) targets.add(target);
    if (isReturn(instruction)) returns.push(starts.length);
    starts.push(at);
  });
  if (!isWhole) return [];
  return returns.map((index) => {
    const check = checkBefore(code, starts, targets, index);
    if (check !== undefined) return { offset: check, kind: 'emulated' };
    return { offset: starts[index] as number, kind: 'stepped' };
  });
}

/** The conditional jump that whatever comes to this return has passed with the result, and that else leads to a call that never returns. */
function checkBefore(
  code: Uint8Array,
  starts: readonly number[],
  targets: ReadonlySet<number>,
  index: number,
): number | undefined {
  const instruction = newInstruction();
  // Who jumps to an instruction in between has not passed those before it.
  for (let next = index; next > 0 && !targets.has(starts[next] as number); next--) {
    const at = starts[next - 1] as number;
    decode(code, at, instruction);
    const target = jumpTarget(code, instruction, at);
    if (target !== undefined) return isEmulated(instruction) && leadsToCall(code, target) ? at : undefined;
    if ((writtenRegisters(instruction) & (1 << RAX)) !== 0) return undefined;
  }
  return undefined;
}

function leadsToCall(code: Uint8Array, at: number): boolean {
  const instruction = newInstruction();
  return at >= 0 && decode(code, at, instruction) > 0 && callTarget(code, instruction, at) !== undefined;
}

/** RET, with or without taking arguments off the stack. */
export function isReturn({ map, opcode }: Instruction): boolean {
  return map === 1 && (opcode === 0xc3 || opcode === 0xc2);
}

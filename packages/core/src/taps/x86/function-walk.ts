import { decode, type Instruction, newInstruction } from './instruction.ts';

/**
 * Decodes a function from its first byte to its last. False where an instruction is not known, or the
 * last one does not end with the function: then nothing that was seen can be relied on.
 */
export function walkFunction(code: Uint8Array, each: (instruction: Instruction, at: number) => void): boolean {
  const instruction = newInstruction();
  let at = 0;
  while (at < code.length) {
    const length = decode(code, at, instruction);
    if (length === 0) return false;
    each(instruction, at);
    at += length;
  }
  return at === code.length && at > 0;
}

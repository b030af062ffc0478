import { execFileSync } from 'node:child_process';

/** A function as binutils' objdump disassembles it. */
export interface Disassembled {
  readonly name: string;
  readonly code: Uint8Array;
  /** Where instructions begin, in bytes from the first. */
  readonly boundaries: readonly number[];
}

/** Whether this machine has binutils, the oracle of the tests. */
export function hasBinutils(): boolean {
  try {
    execFileSync('objdump', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Disassembles a file; `range` limits it to addresses. */
export function disassemble(path: string, range?: { start: number; end: number }): Disassembled[] {
  const limits = range === undefined ? [] : [`--start-address=${range.start}`, `--stop-address=${range.end}`];
  const text = execFileSync('objdump', ['-d', '-w', '--insn-width=16', ...limits, path], {
    encoding: 'latin1',
    maxBuffer: 1 << 30,
  });
  const functions: Disassembled[] = [];
  let bytes: number[] = [];
  let boundaries: number[] = [];
  let current: { name: string; start: number } | undefined;
  const close = (): void => {
    if (current !== undefined && bytes.length > 0)
      functions.push({ name: current.name, code: Uint8Array.from(bytes), boundaries });
  };
  for (const line of text.split('\n')) {
    const head = /^([0-9a-f]+) <(.*)>:$/.exec(line);
    if (head !== null) {
      close();
      current = { name: head[2] as string, start: Number.parseInt(head[1] as string, 16) };
      bytes = [];
      boundaries = [];
      continue;
    }
    const instruction = /^ *([0-9a-f]+):\t([0-9a-f ]+?)\s*(?:\t|$)/.exec(line);
    if (instruction === null || current === undefined) continue;
    const at = Number.parseInt(instruction[1] as string, 16) - current.start;
    if (at !== bytes.length) {
      // objdump leaves runs of zeros out: what follows is not in one piece.
      current = undefined;
      continue;
    }
    boundaries.push(at);
    for (const byte of (instruction[2] as string).split(' ')) bytes.push(Number.parseInt(byte, 16));
  }
  close();
  return functions;
}

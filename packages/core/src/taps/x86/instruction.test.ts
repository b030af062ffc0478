import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disassemble, hasBinutils } from '../../testing/disassembly.ts';
import { walkFunction } from './function-walk.ts';
import { decode, newInstruction } from './instruction.ts';

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
/** C with hand-written assembly of every vector extension; C; Go. */
const BINARIES = [`${LIBRARIES}/libssl.so.3`, `${LIBRARIES}/libcrypto.so.3`, '/usr/local/go/pkg/tool/linux_amd64/link'];
const CASES = BINARIES.filter((path) => existsSync(path));

describe.skipIf(!hasBinutils() || CASES.length === 0)('decode()', () => {
  it.each(CASES)(
    'finds the same instructions in %s as objdump, in every function it accepts',
    (path) => {
      const functions = disassemble(path);
      let accepted = 0;
      const different: string[] = [];
      for (const { name, code, boundaries } of functions) {
        const found: number[] = [];
        if (!walkFunction(code, (_, at) => found.push(at))) continue;
        accepted++;
        if (found.join() !== boundaries.join()) different.push(name);
      }
      expect(different).toEqual([]);
      expect(functions.length).toBeGreaterThan(500);
      expect(accepted / functions.length).toBeGreaterThan(0.995);
    },
    120_000,
  );
});

describe('decode() of any bytes', () => {
  it('never throws, never goes beyond the end, and gives lengths from 1 to 15 or 0', () => {
    const instruction = newInstruction();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.nat(24), (code, at) => {
        const length = decode(code, at, instruction);
        expect(length).toBeGreaterThanOrEqual(0);
        expect(length).toBeLessThanOrEqual(Math.min(15, Math.max(0, code.length - at)));
      }),
      { numRuns: 20_000 },
    );
  });

  it('refuses what only a kernel executes, and prefixes that processors disagree about', () => {
    const instruction = newInstruction();
    const refused = ['f4', 'fa', '0f30', '66e800000000', '660f8400000000', '4066c3', '0fb8c0', '06'];
    for (const hex of refused) expect(decode(Buffer.from(hex, 'hex'), 0, instruction), hex).toBe(0);
  });
});

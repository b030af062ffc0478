import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexOf, wordEnd } from './scan.ts';

/** Values next to those that are looked for, and with their high bits set: where arithmetic on four bytes could go wrong. */
const byte = fc.oneof(
  fc.constantFrom(0x00, 0x09, 0x0a, 0x0b, 0x20, 0x21, 0x3f, 0x7e, 0x7f, 0x80, 0x8a, 0xa0, 0xa1, 0xff),
  fc.nat(255),
);
const bytes = fc.array(byte, { maxLength: 40 }).map((list) => Uint8Array.from(list));

/** The first offset from `start` on that fits, or `end`, one byte after the other. */
function first(list: Uint8Array, start: number, end: number, fits: (value: number) => boolean): number {
  const found = list.subarray(start, end).findIndex(fits);
  return found < 0 ? end : start + found;
}

describe('indexOf()', () => {
  it('finds the first such byte of any range', () => {
    fc.assert(
      fc.property(bytes, byte, fc.nat(40), fc.nat(40), (list, wanted, a, b) => {
        const end = Math.min(Math.max(a, b), list.length);
        const start = Math.min(a, b, end);
        expect(indexOf(wanted, list, start, end)).toBe(first(list, start, end, (value) => value === wanted));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('wordEnd()', () => {
  it('finds the first white space or control character of any range', () => {
    fc.assert(
      fc.property(bytes, fc.nat(40), fc.nat(40), (list, a, b) => {
        const end = Math.min(Math.max(a, b), list.length);
        const start = Math.min(a, b, end);
        expect(wordEnd(list, start, end)).toBe(first(list, start, end, (value) => value <= 0x20 || value === 0x7f));
      }),
      { numRuns: 5000 },
    );
  });
});

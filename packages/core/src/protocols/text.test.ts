import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFrom } from './text.ts';
import { TextCache } from './text-cache.ts';

/** Few different bytes, so that texts share hashes and beginnings. */
const nearlyEqual = fc.array(fc.constantFrom(0x61, 0x62, 0x2f, 0xc3, 0xa9), { maxLength: 100 });
const anyBytes = fc.oneof(
  nearlyEqual.map((list) => Uint8Array.from(list)),
  fc.uint8Array({ maxLength: 120 }),
);

describe('textFrom()', () => {
  it('is the text of the bytes, wherever they are and whatever was asked before', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(7), fc.nat(7), (bytes, before, behind) => {
        const around = new Uint8Array(before + bytes.length + behind).fill(0x7a);
        around.set(bytes, before);
        const expected = Buffer.from(bytes).toString('utf8');
        expect(textFrom(around, before, before + bytes.length)).toBe(expected);
        expect(textFrom(around, before, before + bytes.length)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('does not take a byte that is no character for the one of the same number', () => {
    expect(textFrom(Uint8Array.of(0xe9), 0, 1)).toBe('\ufffd');
  });
});

describe('TextCache', () => {
  it('makes a text once, until another one takes its place', () => {
    const cache = new TextCache(2);
    const made: string[] = [];
    const get = (text: string): string | undefined =>
      cache.get(Buffer.from(text), 0, text.length, (bytes, start, end) => {
        made.push(Buffer.from(bytes.subarray(start, end)).toString());
        return made.at(-1);
      });
    for (const text of ['one', 'one', 'longer text', 'longer text', '']) expect(get(text)).toBe(text);
    expect(made.filter((text) => text === 'one')).toHaveLength(1);
    expect(made.filter((text) => text === 'longer text')).toHaveLength(1);
    for (let i = 0; i < 100; i++) expect(get(`text ${i % 10}`)).toBe(`text ${i % 10}`);
  });

  it('keeps nothing where no text can be made, and nothing that is long', () => {
    const cache = new TextCache(16);
    let asked = 0;
    const refuse = (): undefined => {
      asked += 1;
      return undefined;
    };
    for (let i = 0; i < 2; i++) expect(cache.get(Buffer.from('none'), 0, 4, refuse)).toBeUndefined();
    expect(asked).toBe(2);
    const long = Buffer.alloc(129, 'x');
    expect(cache.get(long, 0, 129, () => 'first')).toBe('first');
    expect(cache.get(long, 0, 129, () => 'second')).toBe('second');
  });
});

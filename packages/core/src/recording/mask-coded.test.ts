import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { huffmanEncode } from '../protocols/http2/hpack/huffman-code.ts';
import { huffmanDecode } from '../protocols/http2/hpack/huffman-decoder.ts';
import { maskCoded } from './mask-coded.ts';
import { maskQuery, maskTarget } from './mask-target.ts';

/** Codes the target, masks it, and decodes what that gave. */
function maskedCoded(target: string, mask = maskQuery): string {
  const coded = Uint8Array.from([0xee, ...huffmanEncode(target), 0xee]);
  const { length } = coded;
  maskCoded(coded, 1, length - 1, mask);
  expect([coded[0], coded[length - 1], coded.length]).toEqual([0xee, 0xee, length]);
  const plain = new Uint8Array(2 * length);
  const size = huffmanDecode(coded, 1, length - 1, plain);
  expect(size).toBeGreaterThanOrEqual(0);
  return Buffer.from(plain.subarray(0, size)).toString('latin1');
}

describe('maskCoded()', () => {
  it('masks values of a Huffman-coded target, with as many asterisks as have room', () => {
    expect(maskedCoded('/users?token=swordfish&page=2')).toMatch(/^\/users\?token=\*{5,7}&page=\*?$/);
    expect(maskedCoded('/plain?flag')).toBe('/plain?flag');
  });

  it('masks all of what is no Huffman code', () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
    maskCoded(bytes, 0, 4, maskQuery);
    expect([...bytes]).toEqual([0xf9, 0xf9, 0xf9, 0xf9]);
  });

  it('leaves of a path its slashes, and always that it is one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40, unit: 'binary-ascii' }), (path) => {
        expect(maskedCoded(`/${path}`, maskTarget)).toMatch(/^\/[/*]*\??\**$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps all but the values, and every length, whatever the target', () => {
    const value = fc.string({ maxLength: 20, unit: 'binary-ascii' }).map((text) => text.replace(/[&*]/g, '-'));
    const name = value.map((text) => text.replace(/[=?]/g, '-'));
    fc.assert(
      fc.property(name, fc.array(fc.tuple(name, value), { maxLength: 6 }), (path, parameters) => {
        const target = `/${path}?${parameters.map((parameter) => parameter.join('=')).join('&')}`;
        expect(maskedCoded(target).replace(/\*+/g, '')).toBe(
          `/${path}?${parameters.map(([first]) => `${first}=`).join('&')}`,
        );
      }),
      { numRuns: 1000 },
    );
  });
});

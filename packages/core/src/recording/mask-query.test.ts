import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { huffmanEncode } from '../protocols/http2/hpack/huffman-code.ts';
import { huffmanDecode } from '../protocols/http2/hpack/huffman-decoder.ts';
import { bytesOf } from '../testing/records.ts';
import { maskCodedQuery, maskQuery } from './mask-query.ts';

function masked(target: string): string {
  const bytes = bytesOf(target);
  maskQuery(bytes, 0, bytes.length);
  return Buffer.from(bytes).toString('latin1');
}

/** Codes the target, masks it, and decodes what that gave. */
function maskedCoded(target: string): string {
  const coded = Uint8Array.from([0xee, ...huffmanEncode(target), 0xee]);
  const { length } = coded;
  maskCodedQuery(coded, 1, length - 1);
  expect([coded[0], coded[length - 1], coded.length]).toEqual([0xee, 0xee, length]);
  const plain = new Uint8Array(2 * length);
  const size = huffmanDecode(coded, 1, length - 1, plain);
  expect(size).toBeGreaterThanOrEqual(0);
  return Buffer.from(plain.subarray(0, size)).toString('latin1');
}

describe('maskQuery()', () => {
  it('masks values, byte for byte, and nothing else', () => {
    expect(masked('/a=b?user=bob&flag&t=x=y&=z')).toBe('/a=b?user=***&flag&t=***&=*');
    expect(masked('/plain')).toBe('/plain');
  });
});

describe('maskCodedQuery()', () => {
  it('masks values of a Huffman-coded target, with as many asterisks as have room', () => {
    expect(maskedCoded('/users?token=swordfish&page=2')).toMatch(/^\/users\?token=\*{5,7}&page=\*?$/);
    expect(maskedCoded('/plain?flag')).toBe('/plain?flag');
  });

  it('leaves what is no Huffman code as it is', () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
    maskCodedQuery(bytes, 0, 4);
    expect([...bytes]).toEqual([0xff, 0xff, 0xff, 0xff]);
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

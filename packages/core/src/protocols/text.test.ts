import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFrom, textLike } from './text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

describe('textLike()', () => {
  it('is the text of the bytes, whatever the text before was', () => {
    fc.assert(
      fc.property(anyText, fc.uint8Array({ maxLength: 40 }), (before, bytes) => {
        expect(textLike(before, bytes, 0, bytes.length)).toBe(textFrom(bytes, 0, bytes.length));
      }),
    );
    fc.assert(
      fc.property(anyText, (before) => {
        const bytes = Buffer.from(before);
        expect(textLike(before, bytes, 0, bytes.length)).toBe(bytes.toString());
      }),
    );
  });

  it('does not take a byte that is no character for the one of the same number', () => {
    expect(textLike('\u00e9', Uint8Array.of(0xe9), 0, 1)).toBe('\ufffd');
  });
});

import { describe, expect, it } from 'vitest';
import { compileRegexp } from './regexp.ts';

describe('compileRegexp()', () => {
  it('finds the pattern anywhere in the text', () => {
    const python = compileRegexp('python3?$', 'exePathRegexp');
    expect(python('/usr/bin/python3')).toBe(true);
    expect(python('/usr/bin/python3.11')).toBe(false);
  });

  it('gives the same answer twice', () => {
    const node = compileRegexp('node', 'exePathRegexp');
    expect([node('/usr/bin/node'), node('/usr/bin/node')]).toEqual([true, true]);
  });

  it.each(['(', '[a', 'a**', '(?=x)', '(a)\\1'])('refuses %j, which is not RE2, with a cure', (pattern) => {
    expect(() => compileRegexp(pattern, 'discovery.instrument[0].exePathRegexp')).toThrow(
      expect.objectContaining({
        code: 'INVALID_PATTERN',
        message: expect.stringContaining('`discovery.instrument[0].exePathRegexp` is '),
        cure: expect.stringContaining('RE2'),
      }),
    );
  });
});

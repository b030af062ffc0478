import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BeylaError } from '../errors.ts';
import { compileGlob } from './glob.ts';

/** A pattern as a tree, so that the oracle needs no parser: it recurses over all ways to split the text. */
type Part =
  | { kind: 'literal'; value: string }
  | { kind: 'one' }
  | { kind: 'any' }
  | { kind: 'class'; not: boolean; low: string; high: string }
  | { kind: 'either'; options: Part[][] };

function matches(parts: readonly Part[], text: string): boolean {
  const [first, ...rest] = parts;
  if (first === undefined) return text === '';
  switch (first.kind) {
    case 'literal':
      return text.startsWith(first.value) && matches(rest, text.slice(first.value.length));
    case 'one':
      return text !== '' && matches(rest, text.slice(1));
    case 'any':
      return matches(rest, text) || (text !== '' && matches(parts, text.slice(1)));
    case 'class':
      return (
        text !== '' &&
        (text.charAt(0) >= first.low && text.charAt(0) <= first.high) !== first.not &&
        matches(rest, text.slice(1))
      );
    case 'either':
      return first.options.some((option) => matches([...option, ...rest], text));
  }
}

function write(parts: readonly Part[]): string {
  return parts.map(writeOne).join('');
}

function writeOne(part: Part): string {
  switch (part.kind) {
    case 'literal':
      return part.value.replace(/[*?[\]{}\\,!-]/g, '\\$&');
    case 'one':
      return '?';
    case 'any':
      return '*';
    case 'class':
      return `[${part.not ? '!' : ''}${part.low}-${part.high}]`;
    case 'either':
      return `{${part.options.map(write).join(',')}}`;
  }
}

const letters = fc.constantFrom(...'abc/-,*{');
const { parts } = fc.letrec<{ part: Part; parts: Part[] }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constant('literal' as const), value: letters }),
    fc.constant<Part>({ kind: 'one' }),
    fc.constant<Part>({ kind: 'any' }),
    fc.record({
      kind: fc.constant('class' as const),
      not: fc.boolean(),
      low: fc.constant('a'),
      high: fc.constantFrom('a', 'b', 'c'),
    }),
    fc.record({
      kind: fc.constant('either' as const),
      options: fc.array(tie('parts'), { minLength: 1, maxLength: 3 }),
    }),
  ),
  parts: fc.array(tie('part'), { maxLength: 4 }),
}));

describe('compileGlob()', () => {
  it.each([
    ['*/python3*', '/usr/bin/python3.11', true],
    ['*/python3*', 'python3', false],
    ['/usr/*', '/usr/local/bin/app', true],
    ['/usr/**', '/usr/local/bin/app', true],
    ['*otelcol-contrib[!/]*', '/bin/otelcol-contrib-2', true],
    ['*otelcol-contrib[!/]*', '/otelcol-contrib/shop', false],
    ['/srv/{shop,cart-?}', '/srv/cart-7', true],
    ['/srv/{shop,cart-?}', '/srv/cart-17', false],
    ['{node,py{thon,py}}*', 'pypy3', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['[a-cx-z0]', 'y', true],
    ['[ab-]', '-', true],
    ['[\\]]', ']', true],
    ['{,a}b', 'b', true],
    ['?', 'é', true],
    ['?', '😀', true],
    ['', '', true],
    ['', 'a', false],
  ])('%j on %j is %s', (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  it.each([
    ['[a', '`[` is never closed (character 1)'],
    ['a{b,c', '`{` is never closed (character 2)'],
    ['a\\', 'nothing to escape (character 2)'],
    ['[]', 'the class is empty (character 1)'],
    ['[z-a]', 'the range runs backwards (character 4)'],
  ])('refuses %j with its place', (pattern, problem) => {
    expect(() => compileGlob(pattern, 'discovery.exclude[1].exePath')).toThrow(BeylaError);
    expect(() => compileGlob(pattern, 'discovery.exclude[1].exePath')).toThrow(problem);
    expect(() => compileGlob(pattern, 'discovery.exclude[1].exePath')).toThrow('`discovery.exclude[1].exePath` is');
  });

  it('agrees with a naive recursive matcher', () => {
    fc.assert(
      fc.property(parts, fc.string({ unit: letters, maxLength: 8 }), (tree, text) => {
        expect(compileGlob(write(tree))(text)).toBe(matches(tree, text));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a pattern that is too long, however deeply nested', () => {
    expect(() => compileGlob('{'.repeat(100_000))).toThrow(expect.objectContaining({ code: 'INVALID_PATTERN' }));
    expect(compileGlob(`${'{'.repeat(2000)}a${'}'.repeat(2000)}`)('a')).toBe(true);
  });

  it('stays linear where a backtracking matcher explodes', () => {
    const glob = compileGlob(`${'*a'.repeat(30)}b`);
    const started = performance.now();
    expect(glob('a'.repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('answers any pattern with a matcher or INVALID_PATTERN', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab*?[]{}!-,\\') }), fc.string(), (pattern, text) => {
        try {
          expect(typeof compileGlob(pattern)(text)).toBe('boolean');
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_PATTERN' });
        }
      }),
    );
  });
});

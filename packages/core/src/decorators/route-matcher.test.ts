import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouteMatcher } from './route-matcher.ts';

function matchOf(patterns: string[], path: string): string | undefined {
  return new RouteMatcher(patterns).match(path);
}

describe('RouteMatcher', () => {
  it.each([
    [['/users/:id'], '/users/7', '/users/:id'],
    [['/users/{id}'], '/users/7', '/users/{id}'],
    [['/users/:'], '/users/7', '/users/:'],
    [['/users/:id'], '/users', undefined],
    [['/users/:id'], '/users/7/posts', undefined],
    [['/users/:id'], '/users//', undefined],
    [['/'], '/', '/'],
    [['/a'], '/', undefined],
    [['/a'], '*', undefined],
    [['/a'], 'shop.example:443', undefined],
    [['/a'], '', undefined],
    [['/v1/things:get'], '/v1/things:get', '/v1/things:get'],
    [['/a//b'], '/a//b', '/a//b'],
    [['/a//b'], '/a/b', undefined],
  ])('%j on %s gives %s', (patterns, path, route) => {
    expect(matchOf(patterns, path)).toBe(route);
  });

  it('ignores one trailing slash on both sides and returns the pattern as written', () => {
    expect(matchOf(['/a/b/'], '/a/b')).toBe('/a/b/');
    expect(matchOf(['/a/b'], '/a/b/')).toBe('/a/b');
  });

  it('lets `*` match any rest, also none', () => {
    for (const path of ['/ski', '/ski/', '/ski/a', '/ski/a/b', '/ski/a//b/'])
      expect(matchOf(['/ski/*'], path)).toBe('/ski/*');
    expect(matchOf(['/ski/*'], '/skiing')).toBeUndefined();
    expect(matchOf(['/*'], '/')).toBe('/*');
  });

  it('prefers a literal to a parameter and a parameter to `*`, whatever the order they are given in', () => {
    const patterns = ['/users/*', '/users/:id', '/users/me'];
    for (const given of [patterns, patterns.toReversed()]) {
      expect(matchOf(given, '/users/me')).toBe('/users/me');
      expect(matchOf(given, '/users/7')).toBe('/users/:id');
      expect(matchOf(given, '/users/7/posts')).toBe('/users/*');
    }
  });

  it('goes back to a parameter when the literal leads nowhere', () => {
    const patterns = ['/foo/bar/bae/', '/foo/:id', '/:any/x/y', '/foo/*'];
    expect(matchOf(patterns, '/foo/bar')).toBe('/foo/:id');
    expect(matchOf(patterns, '/foo/x/y')).toBe('/foo/*');
    expect(matchOf(['/foo/bar', '/:any/x'], '/foo/x')).toBe('/:any/x');
  });

  it('takes the first of two patterns that differ only in names', () => {
    expect(matchOf(['/a/:x', '/a/{y}'], '/a/1')).toBe('/a/:x');
  });

  it.each(['users', '', '/a/*/b', '/a*', '/**', '/a/{id', '/a/x{id}', '/a/:user-id', '/a?b=1', '/a#b'])(
    'refuses %j and names it',
    (pattern) => {
      expect(() => new RouteMatcher(['/fine', pattern])).toThrowError(
        expect.objectContaining({ code: 'INVALID_PATTERN', message: expect.stringContaining(`\`${pattern}\``) }),
      );
    },
  );

  it('stays fast on a pattern set made to backtrack', () => {
    const depth = 12;
    const patterns: string[] = [];
    for (let bits = 0; bits < 2 ** depth; bits += 1) {
      patterns.push(`/${Array.from({ length: depth }, (_, i) => ((bits >> i) & 1 ? ':p' : 'a')).join('/')}/end`);
    }
    const matcher = new RouteMatcher(patterns);
    const before = performance.now();
    expect(matcher.match(`/${'a/'.repeat(depth)}other`)).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('agrees with a naive reference on random patterns and paths', () => {
    const segment = fc.constantFrom('a', 'b', 'c', '');
    const patternSegment = fc.constantFrom('a', 'b', 'c', ':x', '{y}', '');
    const pattern = fc
      .tuple(fc.array(patternSegment, { maxLength: 4 }), fc.constantFrom('', '/', '/*'))
      .map(([segments, end]) => `/${segments.join('/')}${end}`);
    const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), path, (patterns, target) => {
        expect(matchOf(patterns, target)).toBe(naiveMatch(patterns, target));
      }),
      { numRuns: 20_000 },
    );
  });
});

/** Tries every pattern alone, then ranks those that match segment by segment. */
function naiveMatch(patterns: string[], path: string): string | undefined {
  const target = segmentsOf(path);
  const ranked = patterns
    .map((pattern) => ({ pattern, rank: rankOf(segmentsOf(pattern), target) }))
    .filter((candidate) => candidate.rank !== undefined);
  ranked.sort((left, right) =>
    left.rank === right.rank ? 0 : (left.rank as string) < (right.rank as string) ? -1 : 1,
  );
  return ranked[0]?.pattern;
}

/** One letter per segment: 0 literal, 1 parameter, 2 `*`; the end of a whole match sorts before `*`. Undefined: no match. */
function rankOf(pattern: string[], target: string[]): string | undefined {
  let rank = '';
  for (let i = 0; ; i += 1) {
    const segment = pattern[i];
    if (segment === '*') return `${rank}2`;
    if (segment === undefined) return target[i] === undefined ? `${rank}0` : undefined;
    if (target[i] === undefined) return undefined;
    if (segment === target[i] && !/^[:{]/.test(segment)) rank += '0';
    else if (/^[:{]/.test(segment) && target[i] !== '') rank += '1';
    else return undefined;
  }
}

function segmentsOf(text: string): string[] {
  const trimmed = text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
  return trimmed === '/' ? [] : trimmed.slice(1).split('/');
}

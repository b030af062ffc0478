import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardinalityTrie } from './cardinality-trie.ts';

function aTrie(
  maxChildren: number,
  maxPlaces: number = 4096,
): { trie: CardinalityTrie; counts: { collapses: number; overflows: number } } {
  const counts = { collapses: 0, overflows: 0 };
  return { trie: new CardinalityTrie(maxChildren, '*', maxPlaces, counts), counts };
}

const word = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '*', '');
const path = fc.array(word, { maxLength: 5 }).map((words) => `/${words.join('/')}`);
const paths = fc.array(path, { maxLength: 120 });

/** The words that were seen behind each prefix of the routes. */
function fanOut(routes: Iterable<string>): Map<string, Set<string>> {
  const children = new Map<string, Set<string>>();
  for (const route of routes) {
    if (route === '/') continue;
    let prefix = '';
    for (const text of route.split('/').slice(1)) {
      const known = children.get(prefix) ?? new Set();
      children.set(prefix, known.add(text));
      prefix += `/${text}`;
    }
  }
  return children;
}

describe('CardinalityTrie', () => {
  it('leaves paths alone as long as no place has too many words', () => {
    const { trie, counts } = aTrie(3);
    for (const text of ['/a/x', '/b/y', '/c/z', '/c/*', '/', 'not a path']) expect(trie.route(text)).toBe(text);
    expect(trie.route('/a/x/')).toBe('/a/x');
    expect(counts).toEqual({ collapses: 0, overflows: 0 });
  });

  it('makes one wildcard of all words of a place when one more comes, and keeps what is behind them', () => {
    const { trie, counts } = aTrie(2);
    for (const text of ['/users/ann/posts', '/users/bob/likes']) trie.route(text);
    expect(trie.route('/users/eve/posts')).toBe('/users/*/posts');
    expect(trie.route('/users/ann/posts')).toBe('/users/*/posts');
    expect(trie.route('/users/ann/likes')).toBe('/users/*/likes');
    expect(counts.collapses).toBe(1);
  });

  it('collapses further when merging brings too many words together', () => {
    const { trie, counts } = aTrie(2);
    for (const text of ['/a/1/x', '/a/2/x', '/b/3/x', '/b/4/y', '/c/5/z']) trie.route(text);
    expect(trie.route('/a/1/x')).toBe('/*/*/*');
    expect(counts.collapses).toBe(3);
  });

  it('may collapse at the first place, too', () => {
    const { trie } = aTrie(1);
    trie.route('/a');
    expect(trie.route('/b')).toBe('/*');
  });

  it('gives a route the same route', () => {
    fc.assert(
      fc.property(paths, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }), (given, max, maxPlaces) => {
        const { trie } = aTrie(max, maxPlaces);
        for (const text of given) {
          const route = trie.route(text);
          expect(trie.route(route)).toBe(route);
        }
      }),
    );
  });

  it('never has more words in a place than it may, in any order of paths', () => {
    fc.assert(
      fc.property(paths, fc.integer({ min: 1, max: 4 }), fc.infiniteStream(fc.nat()), (given, max, randoms) => {
        const shuffled = given
          .map((text) => ({ text, key: Number(randoms.next().value) }))
          .sort((left, right) => left.key - right.key);
        for (const order of [given, given.toReversed(), shuffled.map(({ text }) => text)]) {
          const { trie } = aTrie(max);
          for (const text of order) trie.route(text);
          for (const children of fanOut(order.map((text) => trie.route(text))).values()) {
            children.delete('*');
            expect(children.size).toBeLessThanOrEqual(max);
          }
        }
      }),
    );
  });

  it('never has more routes than its places, each with the wildcard behind it', () => {
    const wide = fc.array(fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 6 }), { maxLength: 300 });
    fc.assert(
      fc.property(wide, fc.integer({ min: 0, max: 12 }), (numbers, maxPlaces) => {
        const { trie } = aTrie(1000, maxPlaces);
        const routes = new Set(numbers.map((words) => trie.route(`/w${words.join('/w')}`)));
        expect(routes.size).toBeLessThanOrEqual(2 * maxPlaces + 1);
      }),
    );
  });

  it('settles: once all paths were seen, the same paths have the same routes', () => {
    fc.assert(
      fc.property(paths, (given) => {
        const { trie } = aTrie(2);
        for (const text of given) trie.route(text);
        const routes = given.map((text) => trie.route(text));
        expect(given.toReversed().map((text) => trie.route(text))).toEqual(routes.toReversed());
      }),
    );
  });

  it('changes only to wildcards, and only words', () => {
    fc.assert(
      fc.property(paths, (given) => {
        const { trie } = aTrie(2);
        for (const text of given) {
          const words = text.replace(/\/+$/, '').split('/');
          const route = trie.route(text).replace(/\/+$/, '').split('/');
          expect(route.length).toBe(words.length);
          for (const [i, part] of route.entries()) expect(['*', words[i]]).toContain(part);
        }
      }),
    );
  });

  it('cuts what is new when it has had all its places, and counts it', () => {
    const { trie, counts } = aTrie(10, 3);
    expect(trie.route('/a/b/c')).toBe('/a/b/c');
    expect(trie.route('/a/b/d')).toBe('/a/b/*');
    expect(trie.route('/x/y/z')).toBe('/*');
    expect(trie.route('/a/b/c')).toBe('/a/b/c');
    expect(counts.overflows).toBe(2);
  });
});

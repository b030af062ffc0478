import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { aSpan } from '../testing/span.ts';
import { RouteDecorator } from './route-decorator.ts';

const BATCH = 1000;
/** Places that a service may have; every route ends in one, or in the wildcard behind one. */
const MAX_ROUTES = 4096;
const MEBIBYTE = 1024 * 1024;

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

const SYLLABLES =
  'ba ber ca con da der el fa gen ha in ka la le ma men na or pa per ra re sa ta ter ti tra un ver za'.split(' ');

/** A different pronounceable word for each number. */
function wordOf(number: number): string {
  let word = '';
  for (let rest = number; word === '' || rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
    word += SYLLABLES[rest % SYLLABLES.length];
  }
  return word;
}

/** The same paths in every run: a linear congruential generator (the constants of Numerical Recipes). */
let state = 20_260_102;
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

function hexadecimal(digits: number): string {
  return Array.from({ length: digits / 4 }, () => below(65_536).toString(16).padStart(4, '0')).join('');
}

/** One to twelve segments, at least one of which no other path has. */
function wordPath(index: number): string {
  const words = Array.from({ length: below(12) }, () => wordOf(below(SYLLABLES.length ** 3)));
  words.splice(below(words.length + 1), 0, wordOf(index + SYLLABLES.length ** 4));
  return `/${words.join('/')}`;
}

function mixedPath(index: number): string {
  const ids = [() => hexadecimal(32), () => String(index), () => wordOf(index), () => hexadecimal(8)];
  const path = Array.from({ length: 1 + below(5) }, () => `${wordOf(below(400))}/${ids[below(ids.length)]?.()}`).join(
    '/',
  );
  return `/${path}/${index}`;
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('distinct paths without end', () => {
  it.each([
    ['of words and identifiers', mixedPath, 1_000_000],
    ['of words', wordPath, 200_000],
  ])(
    '%s leave the number of routes and the memory under their caps',
    (name, pathOf, count) => {
      const template = aSpan();
      const decorator = new RouteDecorator({ unmatched: 'low-cardinality' });
      const routes = new Set<string>();
      const before = heapBytes();
      for (let index = 0; index < count; index += BATCH) {
        const spans = Array.from({ length: BATCH }, (_, i) => ({ ...template, path: pathOf(index + i) }));
        decorator.process(spans);
        for (const { route } of spans) if (route !== undefined) routes.add(route);
      }
      const keptBytes = heapBytes() - before;
      console.log(
        `${count} distinct paths ${name}: ${routes.size} routes ever, ${(keptBytes / MEBIBYTE).toFixed(1)} MiB kept, ${JSON.stringify(decorator.debugInfo()['trie'])}`,
      );
      expect(routes.size).toBeLessThanOrEqual(MAX_ROUTES);
      expect(keptBytes).toBeLessThan(16 * MEBIBYTE);
      expect(decorator.debugInfo()['unmatched']).toBe(count);
    },
    120_000,
  );

  it.each(['heuristic', 'low-cardinality'] as const)(
    'that are long leave the memory under its cap (%s)',
    (unmatched) => {
      const template = aSpan();
      const decorator = new RouteDecorator({ unmatched });
      const before = heapBytes();
      for (let index = 0; index < 2_000; index += 1) {
        // Texts of their own, as they come from the wire.
        const word = wordOf(index + SYLLABLES.length ** 4);
        const path = Buffer.from(`/${word}/${mixedPath(index)}/${word.repeat(4_000)}`).toString();
        decorator.process([{ ...template, path }]);
      }
      expect(heapBytes() - before).toBeLessThan(8 * MEBIBYTE);
      expect(decorator.debugInfo()['unmatched']).toBe(2_000);
    },
  );
});

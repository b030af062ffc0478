import { describe, expect, it } from 'vitest';
import { RandomIds } from './random-ids.ts';
import { parseTraceparent } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('parseTraceparent()', () => {
  it('reads the parts of version 00', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, parentId: SPAN, flags: 1 });
  });

  it('reads the known parts of a later version', () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-03-more`)).toEqual({ traceId: TRACE, parentId: SPAN, flags: 3 });
  });

  it.each([
    ['more parts than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['an all-zero trace id', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['an all-zero parent id', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper-case digits', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a cut value', `00-${TRACE}-${SPAN}`],
    ['nothing', ''],
  ])('refuses %s', (_name, value) => {
    expect(parseTraceparent(value)).toBeUndefined();
  });
});

describe('RandomIds', () => {
  it('makes ids of the right form that do not repeat', () => {
    const ids = new RandomIds();
    const made = new Set(Array.from({ length: 10_000 }, () => ids.spanId()));
    expect(made.size).toBe(10_000);
    for (const id of made) expect(id).toMatch(/^[\da-f]{16}$/);
    expect(ids.traceId()).toMatch(/^[\da-f]{32}$/);
  });

  it('uses every digit at every place', () => {
    const ids = new RandomIds();
    const seen = Array.from({ length: 32 }, () => new Set<string>());
    for (let i = 0; i < 2000; i++) {
      for (const [place, digit] of [...ids.traceId()].entries()) seen[place]?.add(digit);
    }
    expect(seen.map(({ size }) => size)).toEqual(new Array(32).fill(16));
  });
});

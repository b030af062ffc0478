import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

describe('Histogram', () => {
  it('puts a value on a boundary into the bucket that ends there', () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0, 1, 1.5, 2, 2.5]) histogram.record(value);
    expect(histogram.counts).toEqual([2, 2, 1]);
    expect(histogram).toMatchObject({ count: 5, sum: 7, min: 0, max: 2.5 });
  });

  it('agrees with counting by hand', () => {
    const boundaries = fc.uniqueArray(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 12 });
    const values = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(boundaries, values, (unsorted, recorded) => {
        const sorted = [...unsorted].sort((left, right) => left - right);
        const histogram = new Histogram(sorted);
        for (const value of recorded) histogram.record(value);
        // Cumulative, as Prometheus would ask: how many are at most the boundary?
        let cumulative = 0;
        for (const [i, boundary] of sorted.entries()) {
          cumulative += histogram.counts[i] as number;
          expect(cumulative).toBe(recorded.filter((value) => value <= boundary).length);
        }
        expect(cumulative + (histogram.counts.at(-1) as number)).toBe(recorded.length);
        expect(histogram.count).toBe(recorded.length);
        expect(histogram.sum).toBe(recorded.reduce((sum, value) => sum + value, 0));
        expect(histogram.min).toBe(Math.min(...recorded));
        expect(histogram.max).toBe(Math.max(...recorded));
      }),
    );
  });
});

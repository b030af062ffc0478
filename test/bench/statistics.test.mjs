// @ts-check
import { describe, expect, it } from 'vitest';
import { estimate, estimateDifference, median } from './statistics.mjs';

/** Fifteen values around `middle`, one of them far off. @param {number} middle @param {number} shift */
function sample(middle, shift) {
  return Array.from({ length: 15 }, (_, i) => (i === 3 ? 10 * middle : middle * (1 + ((i * 7 + shift) % 15) / 100)));
}

describe('estimate()', () => {
  it('holds the median, is not moved by one value that is far off, and is the same each time', () => {
    const values = sample(100, 0);
    const { median: middle, low, high } = estimate(values);
    expect(middle).toBe(median(values));
    expect([low > 100, low < middle, high > middle, high < 115]).toEqual([true, true, true, true]);
    expect(estimate(values)).toEqual(estimate(values));
  });
});

describe('estimateDifference()', () => {
  it('holds 0 where both are alike, and does not where one is 20 % above', () => {
    const alike = estimateDifference(sample(100, 0), sample(100, 4));
    expect([alike.low <= 0, alike.high >= 0]).toEqual([true, true]);
    const above = estimateDifference(sample(120, 0), sample(100, 4));
    expect([above.low > 0, above.median > 15, above.high < 35]).toEqual([true, true, true]);
  });
});

describe('median()', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[], Number.NaN],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));
});

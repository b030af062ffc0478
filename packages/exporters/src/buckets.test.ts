import { describe, expect, it } from 'vitest';
import { DURATION_BOUNDARIES, resolveBuckets, SIZE_BOUNDARIES } from './buckets.ts';

describe('resolveBuckets()', () => {
  it('fills in the defaults', () => {
    expect(resolveBuckets({ durationHistogram: [1, 2] })).toEqual({
      durationHistogram: [1, 2],
      requestSizeHistogram: SIZE_BOUNDARIES,
      responseSizeHistogram: SIZE_BOUNDARIES,
    });
    expect(resolveBuckets().durationHistogram).toEqual(DURATION_BOUNDARIES);
  });

  it('refuses bounds that are not ascending or no numbers', () => {
    for (const bounds of [[2, 1], [1, 1], [Number.NaN], [1, Number.POSITIVE_INFINITY], ['1' as never]]) {
      expect(() => resolveBuckets({ requestSizeHistogram: bounds })).toThrowError(/buckets\.requestSizeHistogram/);
    }
  });
});

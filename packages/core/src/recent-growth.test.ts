import { describe, expect, it } from 'vitest';
import { RecentGrowth } from './recent-growth.ts';

describe('RecentGrowth', () => {
  it('tells of a count for a minute after it grew, and again when it grows again', () => {
    const growth = new RecentGrowth();
    expect(growth.of(0, 0)).toBe(0);
    expect(growth.of(3, 1_000)).toBe(3);
    expect(growth.of(3, 60_999)).toBe(3);
    expect(growth.of(3, 61_001)).toBe(0);
    expect(growth.of(3, 500_000)).toBe(0);
    expect(growth.of(4, 500_001)).toBe(4);
    expect(growth.of(4, 600_000)).toBe(0);
  });
});

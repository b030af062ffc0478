import { describe, expect, it } from 'vitest';
import { chooseIdle } from './choose-idle.ts';

describe('chooseIdle', () => {
  const candidate = (group: string, rank: number, lastNs: number) => ({ group, rank, lastNs });

  it('takes of those with more than their share alone, what loses least and was quiet for longest first', () => {
    const candidates = [
      candidate('small', 0, 1),
      ...[5, 3, 9].map((lastNs) => candidate('large', 1, lastNs)),
      candidate('large', 0, 8),
      candidate('large', 2, 1),
    ];
    const groups = new Map([
      ['small', 1],
      ['large', 20],
    ]);
    expect(chooseIdle(candidates, groups, 3, 20).map(({ rank, lastNs }) => [rank, lastNs])).toEqual([
      [0, 8],
      [1, 3],
      [1, 5],
    ]);
    expect(chooseIdle(candidates, groups, 99, 20)).toHaveLength(5);
    expect(chooseIdle(candidates, new Map([['large', 12]]), 99, 20)).toHaveLength(2);
    expect(chooseIdle([], new Map(), 5, 20)).toEqual([]);
  });
});

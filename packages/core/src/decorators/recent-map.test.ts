import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentMap } from './recent-map.ts';

describe('RecentMap', () => {
  it('never holds more than its limit, and always the newest half', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 40 })), { maxLength: 200 }), (steps) => {
        const map = new RecentMap<string>(8, 1_000);
        const used: number[] = [];
        for (const [isWrite, key] of steps) {
          if (isWrite) map.set(String(key), String(key));
          else if (map.get(String(key)) === undefined) continue;
          used.push(key);
          expect(map.size).toBeLessThanOrEqual(8);
        }
        for (const key of [...new Set(used.toReversed())].slice(0, 4)) expect(map.get(String(key))).toBe(String(key));
      }),
    );
  });

  it('never holds more characters than it may, and nothing that is long', () => {
    const map = new RecentMap<string>(1_000, 800);
    map.set('x'.repeat(101), '');
    expect(map.size).toBe(0);
    for (let i = 0; i < 100; i += 1) {
      map.set(String(i).padStart(50), 'y'.repeat(50));
      expect(map.size).toBeLessThanOrEqual(8);
    }
    for (let i = 96; i < 100; i += 1) expect(map.get(String(i).padStart(50))).toBeDefined();
  });

  it('holds nothing after clear()', () => {
    const map = new RecentMap<string>(4, 1_000);
    for (const key of ['a', 'b', 'c']) map.set(key, key);
    map.clear();
    expect(map.size).toBe(0);
    expect(map.get('c')).toBeUndefined();
  });
});

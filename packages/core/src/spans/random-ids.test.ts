import { describe, expect, it } from 'vitest';
import { RandomIds } from './random-ids.ts';

describe('RandomIds', () => {
  it('makes ids of the right form, all different, also from instance to instance', () => {
    const seen = new Set<string>();
    for (let instance = 0; instance < 10; instance += 1) {
      const ids = new RandomIds();
      for (let i = 0; i < 2_000; i += 1) {
        const [trace, span] = [ids.traceId(), ids.spanId()];
        expect(trace).toMatch(/^[\da-f]{32}$/);
        expect(span).toMatch(/^[\da-f]{16}$/);
        seen.add(trace).add(span);
      }
    }
    expect(seen.size).toBe(40_000);
  });

  it('has every digit at every place about as often', () => {
    const ids = new RandomIds();
    const counts = Array.from({ length: 32 }, () => new Map<string, number>());
    for (let i = 0; i < 16_000; i += 1) {
      for (const [at, digit] of [...ids.traceId()].entries()) {
        const place = counts[at] as Map<string, number>;
        place.set(digit, (place.get(digit) ?? 0) + 1);
      }
    }
    // Six standard deviations of a binomial distribution.
    const most = 1_000 + 6 * Math.sqrt(16_000 * (1 / 16) * (15 / 16));
    for (const place of counts) for (const count of place.values()) expect(count).toBeLessThan(most);
  });
});

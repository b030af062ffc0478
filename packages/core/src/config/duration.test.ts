import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

describe('parseDuration()', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['5s', 5000],
    ['1m30s', 90_000],
    ['1h2m3.5s', 3_723_500],
    ['.5s', 500],
    ['100ms', 100],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['1ns', 0.000001],
  ])('reads %s as Go does', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each(['', '5', '-5s', 's', '5 s', '1d', '1m30', '5S', '1s'.repeat(40)])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('reads back what formatDuration() writes', () => {
    expect(formatDuration(90_000)).toBe('1m30s');
    expect(formatDuration(500)).toBe('500ms');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (durationUs) => {
        expect(parseDuration(formatDuration(durationUs / 1000))).toBeCloseTo(durationUs / 1000, 5);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { Clock } from './clock.ts';

describe('Clock', () => {
  it('knows at once that the wall clock was set, either way, and is not misled by reading it to the millisecond', () => {
    const clock = new Clock(5_000_000_000n, 1_767_323_045_123_456_789n);
    expect(clock.isOff(15_000_000_000, 1_767_323_055_123)).toBe(false);
    expect(clock.isOff(15_000_000_000, 1_767_323_055_118)).toBe(false);
    expect(clock.isOff(15_000_000_000, 1_767_323_056_123)).toBe(true);
    expect(clock.isOff(15_000_000_000, 1_767_323_054_000)).toBe(true);
    clock.adjust(15_000_000_000n, 1_767_323_056_123_456_789n);
    expect(clock.isOff(15_000_000_000, 1_767_323_056_123)).toBe(false);
  });
});

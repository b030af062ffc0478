import { describe, expect, it } from 'vitest';
import { limitTraceState } from './trace-state.ts';

const members = (count: number, length = 0): string[] =>
  Array.from({ length: count }, (_, n) => `k${n}=${'v'.repeat(length)}`);

describe('limitTraceState', () => {
  it('leaves alone what is within the limits', () => {
    for (const value of [undefined, '', 'a=1', 'a=1, b=2', members(32).join(',')]) {
      expect(limitTraceState(value)).toBe(value);
    }
  });

  it('keeps the first 32 members, and empty ones are none', () => {
    expect(limitTraceState(members(40).join(', '))).toBe(members(32).join(','));
    expect(limitTraceState([...members(16), ...new Array<string>(20).fill(' '), 'last=1'].join(','))).toBe(
      [...members(16), 'last=1'].join(','),
    );
  });

  it('keeps whole members of at most 512 characters in all', () => {
    const kept = limitTraceState(members(10, 100).join(',')) ?? '';
    expect(kept).toBe(members(4, 100).join(','));
    expect(limitTraceState(`a=${'v'.repeat(510)}`)).toHaveLength(512);
    expect(limitTraceState(`a=${'v'.repeat(511)}`)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { TimeBudget } from './time-budget.ts';

describe('TimeBudget', () => {
  it('lets half a second be spent at once, and a tenth of the time later', () => {
    const budget = new TimeBudget(0);
    budget.spend(499);
    expect(budget.isSpent(0)).toBe(false);
    budget.spend(1);
    expect(budget.isSpent(0)).toBe(true);
    expect(budget.isSpent(9)).toBe(false);
    budget.spend(100);
    expect(budget.isSpent(500)).toBe(true);
    expect(budget.isSpent(1100)).toBe(false);
  });
});

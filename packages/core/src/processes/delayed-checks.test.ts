import { describe, expect, it } from 'vitest';
import { DelayedChecks } from './delayed-checks.ts';

describe('DelayedChecks', () => {
  it('looks at a process once for many reasons, at the earliest time', () => {
    const checks = new DelayedChecks();
    const first = checks.add(7, 20);
    const second = checks.add(7, 5);
    expect(second).toBe(first);
    expect(checks.nextDueMs()).toBe(5);
    expect([...checks.take(5)].map(([pid]) => pid)).toEqual([7]);
    expect(checks.nextDueMs()).toBeUndefined();
  });

  it('keeps what is not due, and what the caller did not take', () => {
    const checks = new DelayedChecks();
    for (const pid of [1, 2, 3]) checks.add(pid, pid * 10);
    for (const [pid] of checks.take(20)) {
      expect(pid).toBe(1);
      break;
    }
    expect([...checks.take(20)].map(([pid]) => pid)).toEqual([2]);
    expect(checks.nextDueMs()).toBe(30);
  });

  it('holds 1024 processes and counts those that found no room', () => {
    const checks = new DelayedChecks();
    for (let pid = 1; pid <= 1100; pid++) checks.add(pid, 0);
    expect(checks.size).toBe(1024);
    expect(checks.dropped).toBe(76);
    checks.delete(1);
    expect(checks.add(1100, 0)).toBeDefined();
  });
});

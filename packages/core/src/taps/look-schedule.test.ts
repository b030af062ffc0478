import { describe, expect, it } from 'vitest';
import { LookSchedule } from './look-schedule.ts';

describe('LookSchedule', () => {
  it('gives a process once for all its looks that are due, and keeps the others', () => {
    const schedule = new LookSchedule();
    schedule.add(5, 50, 200, 1000);
    schedule.add(6, 300);
    expect(schedule.nextDueMs()).toBe(50);
    expect(schedule.take(200)).toEqual([5]);
    expect(schedule.nextDueMs()).toBe(300);
    expect(schedule.take(299)).toEqual([]);
    expect(schedule.take(2000)).toEqual([5, 6]);
    expect(schedule.nextDueMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('forgets a process', () => {
    const schedule = new LookSchedule();
    schedule.add(5, 50);
    schedule.delete(5);
    expect(schedule.take(100)).toEqual([]);
  });

  it('has room for 65,536 looks, counts those beyond, and has room again', () => {
    const schedule = new LookSchedule();
    for (let pid = 1; pid <= 65_536; pid++) schedule.add(pid, 1);
    schedule.add(70_000, 1, 2);
    expect(schedule.dropped).toBe(2);
    expect(schedule.take(1)).toHaveLength(65_536);
    schedule.add(70_000, 3);
    expect(schedule.take(3)).toEqual([70_000]);
  });
});

import { describe, expect, it } from 'vitest';
import { ExportFailures } from './export-failures.ts';

describe('ExportFailures', () => {
  it('counts by code, by the code of the cause, and by class', () => {
    const failures = new ExportFailures();
    failures.count(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
    failures.count(new Error('x', { cause: Object.assign(new Error('y'), { code: 14 }) }));
    failures.count(new TypeError('x'));
    failures.count(new TypeError('z'));
    expect(failures.stats()).toEqual({ 'failed.ECONNREFUSED': 1, 'failed.14': 1, 'failed.TypeError': 2 });
  });

  it('has a bounded number of kinds', () => {
    const failures = new ExportFailures();
    for (let code = 0; code < 1_000; code += 1) failures.count(Object.assign(new Error('x'), { code }));
    const counts = Object.values(failures.stats());
    expect(counts).toHaveLength(33);
    expect(counts.reduce((sum, count) => sum + count)).toBe(1_000);
    expect(failures.stats()['failed.other']).toBe(968);
  });
});

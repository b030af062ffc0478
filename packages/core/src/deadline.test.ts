import { describe, expect, it } from 'vitest';
import { fulfilledWithin } from './deadline.ts';

describe('fulfilledWithin()', () => {
  it('says true for work that fulfils', async () => {
    expect(await fulfilledWithin(Promise.resolve('done'), 1_000)).toBe(true);
  });

  it('says false and tells the error of work that rejects', async () => {
    const errors: unknown[] = [];
    const failure = new Error('refused');
    expect(await fulfilledWithin(Promise.reject(failure), 1_000, (error) => errors.push(error))).toBe(false);
    expect(errors).toEqual([failure]);
  });

  it('gives up on work that never settles', async () => {
    const before = performance.now();
    expect(await fulfilledWithin(new Promise(() => undefined), 20)).toBe(false);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

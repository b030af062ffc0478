import { describe, expect, it } from 'vitest';
import { OverloadTroubles } from './overload-troubles.ts';

describe('OverloadTroubles', () => {
  it('tells of an overload, and no more when it has been over for a minute', () => {
    const troubles = new OverloadTroubles();
    expect(troubles.of({ connections_full: 0, turns_lost: 0 }, 4096, 0)).toEqual([]);
    const counters = { connections_full: 3, turns_lost: 5 };
    expect(troubles.of(counters, 4096, 1_000)).toEqual([
      expect.stringContaining('tracer.maxConnections'),
      expect.stringContaining('tracer.ringBytes'),
    ]);
    expect(troubles.of({ ...counters, turns_lost: 6 }, 4096, 50_000)).toHaveLength(2);
    expect(troubles.of({ ...counters, turns_lost: 6 }, 4096, 70_000)).toEqual([expect.stringContaining('ringBytes')]);
    expect(troubles.of({ ...counters, turns_lost: 6 }, 4096, 200_000)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { recursionMisses, recursionTrouble } from './recursion.ts';

function program(name: string, misses: number) {
  return {
    name,
    section: 'tp_btf/x',
    fd: 3,
    id: 1,
    verifiedInstructions: 1,
    runCount: 0,
    runTimeNs: 0,
    recursionMisses: misses,
  };
}

describe('recursion', () => {
  it('adds up what programs missed that had something to do', () => {
    const sockets = { programs: () => [program('tcp_probe', 3), program('inet_sock_set_state', 1000)] };
    expect(recursionMisses([sockets, { programs: () => [program('sock_recv_length', 4)] }])).toBe(7);
  });

  it('is told where it is more than one for a hundred turns', () => {
    expect(recursionTrouble({ recursion_misses: 99, turns: 0 })).toBeUndefined();
    expect(recursionTrouble({ recursion_misses: 100, turns: 10_001 })).toBeUndefined();
    expect(recursionTrouble({ recursion_misses: 100, turns: 10_000 })).toMatch(/^100 events of sockets/);
  });
});

import { describe, expect, it } from 'vitest';
import { unfollowedTroubles } from './unfollowed-troubles.ts';

describe('unfollowedTroubles()', () => {
  it('is silent where all is followed', () => {
    expect(unfollowedTroubles({ turns: 9, unix_sockets: 0 })).toEqual([]);
  });

  it('tells of each way by itself, with its cure', () => {
    expect(unfollowedTroubles({ unix_sockets: 20, mptcp: 1, other_sockets: 2, compat: 3 })).toEqual([
      expect.stringMatching(/^20 requests or more on Unix sockets .* TCP port/),
      expect.stringMatching(/^1 requests or more over Multipath TCP .* GODEBUG=multipathtcp=0/),
      expect.stringMatching(/^2 requests or more on sockets that are neither/),
      expect.stringMatching(/^3 requests or more of 32-bit programs .* 64-bit/),
    ]);
  });
});

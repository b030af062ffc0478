/** By counter: where requests went by that are not followed, and what would help. */
const CAUSES: Readonly<Record<string, readonly [where: string, cure: string]>> = {
  unix_sockets: [
    'on Unix sockets',
    'let the server listen on a TCP port of the loopback address, and its clients connect to that',
  ],
  mptcp: [
    'over Multipath TCP',
    'let one side use plain TCP (a program in Go: GODEBUG=multipathtcp=0; the whole network namespace: sysctl net.mptcp.enabled=0)',
  ],
  other_sockets: ['on sockets that are neither TCP nor Unix (SCTP, vsock)', 'let both sides use TCP'],
  compat: ['of 32-bit programs', 'run their 64-bit builds'],
};

/** What to say in `health()` of requests of selected processes on ways that are not followed, one message for each. */
export function unfollowedTroubles(counters: Readonly<Record<string, number>>): string[] {
  return Object.entries(CAUSES).flatMap(([counter, [where, cure]]) => {
    const count = counters[counter] ?? 0;
    return count === 0 ? [] : [`${count} requests or more ${where} were not followed: ${cure}`];
  });
}

import type { OpenedKernel } from './open-kernel.ts';

const CURE = 'start the program without io_uring (for all programs: sysctl kernel.io_uring_disabled=2)';

/** What to say in `health()` of traffic that selected processes move through io_uring, if anything of it is missing. */
export function ioUringTrouble(
  { source, refusal }: Pick<OpenedKernel, 'source' | 'refusal'>,
  counters: Readonly<Record<string, number>>,
): string | undefined {
  const seen = counters['io_uring'] ?? 0;
  const unread = counters['io_uring_unread'] ?? 0;
  if (source.name === 'syscall') {
    if (seen === 0) return undefined;
    return `selected processes created ${seen} io_uring rings: requests that they move through them are not seen; use a kernel ≥ 6.3 with the source sock_length, or ${CURE}`;
  }
  if (unread === 0) return undefined;
  const cause =
    refusal === undefined
      ? 'multishot and bundled receives, vectors, and messages of several buffers are not followed'
      : `the content of io_uring cannot be read here: ${refusal.message}`;
  return `${unread} turns through io_uring came without their content, so that their requests are no spans (${cause}); ${CURE}`;
}

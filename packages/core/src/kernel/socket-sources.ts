import type { SourceName } from '../options/options.ts';

/** A BPF object that a source can do without, and the tracepoint that it needs. */
export interface OptionalObject {
  readonly object: string;
  readonly needs: string;
}

/** One way to see socket I/O: a BPF object and what the kernel must have for it. */
export interface SocketSource {
  readonly name: SourceName;
  readonly object: string;
  /** Tracepoints without which it cannot work. */
  readonly needs: readonly string[];
  /** Program → tracepoint it needs; left out where the kernel has no such tracepoint. */
  readonly optional: Readonly<Record<string, string>>;
  /** An object that is loaded beside it where the kernel can. */
  readonly companion: OptionalObject | undefined;
  /** An object that sees reads by splice(2); loaded when there are reads that the source does not see. */
  readonly splice: OptionalObject | undefined;
  /** Trouble to name in `health()` while it is in use. */
  readonly caution: string | undefined;
}

/** In order of preference. */
export const SOCKET_SOURCES: readonly SocketSource[] = [
  {
    name: 'sock_length',
    object: 'source_sock_length',
    needs: ['sock_send_length', 'sock_recv_length'],
    optional: {},
    companion: { object: 'source_io_uring', needs: 'io_uring_complete' },
    splice: { object: 'splice', needs: 'tcp_rcv_space_adjust' },
    caution: undefined,
  },
  {
    name: 'syscall',
    object: 'source_syscall',
    needs: ['sys_exit'],
    optional: { io_uring_create: 'io_uring_create' },
    companion: undefined,
    splice: undefined,
    caution:
      'the syscall source slows every system call of the machine by about 0.1 µs and cannot see io_uring; a kernel ≥ 6.3 has the sock_length source',
  },
];

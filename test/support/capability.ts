import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SourceName } from '@beyla/core';
import type { TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite cannot run here; the closing-line reporter prints it. */
    skipCause?: string;
  }
}

const EPERM = 1;

type Native = typeof import('@beyla/native');

const native = ((): Native | Error => {
  try {
    return createRequire(import.meta.url)('@beyla/native') as Native;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
})();

function missing(): string | undefined {
  if (process.platform !== 'linux') {
    return 'needs Linux';
  }
  if (process.getuid?.() !== 0) {
    return 'needs root to load BPF programs';
  }
  if (!existsSync('/sys/kernel/btf/vmlinux')) {
    return 'needs a kernel with BTF (/sys/kernel/btf/vmlinux)';
  }
  if (native instanceof Error) {
    return `the native addon does not load: ${native.message.split('\n')[0]}`;
  }
  const errno = native.probeProgramType('raw_tp');
  if (errno === EPERM) {
    return 'needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN';
  }
  return errno === 0 ? undefined : `the kernel refuses BPF programs (errno ${errno})`;
}

const { BEYLA_STRICT } = process.env;

/** Options of a suite that cannot run here for this cause; undefined: it can. */
export function unless(cause: string | undefined): TestOptions {
  return cause === undefined || BEYLA_STRICT === '1' ? {} : { skip: true, meta: { skipCause: cause } };
}

/** The same for a suite that needs what Debian does not have: it is left out under BEYLA_STRICT=1, too, and named. */
export function optional(cause: string | undefined): TestOptions {
  return cause === undefined ? {} : { skip: true, meta: { skipCause: `optional: ${cause}` } };
}

/**
 * Options of a suite that needs BPF: skipped with its cause where it cannot run, never skipped under BEYLA_STRICT=1, where it
 * then fails.
 */
export const needsBpf: TestOptions = unless(missing());

/** The same for a suite that needs one source of socket I/O. */
export function needsSource(source: SourceName): TestOptions {
  if (needsBpf.skip || source === 'syscall' || native instanceof Error) {
    return needsBpf;
  }
  const known = native.kernelHas('tracepoint', 'sock_send_length');
  return unless(known ? undefined : 'needs the tracepoint sock_send_length (Linux 6.3)');
}

export const SOURCES: readonly SourceName[] = ['sock_length', 'syscall'];

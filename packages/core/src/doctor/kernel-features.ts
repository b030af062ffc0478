import { getSystemErrorName } from 'node:util';
import type { Host } from './host.ts';
import type { Feature, FeatureStatus } from './report.ts';

const KERNEL_BTF = '/sys/kernel/btf/vmlinux';
const EVENT_SOURCES = '/sys/bus/event_source/devices';

/** A feature that is there, or not, or not to be told, with its reason. */
export function feature(
  id: string,
  title: string,
  status: FeatureStatus,
  found: string,
  trouble: { cause?: string; cure?: string; isRequired?: boolean } = {},
): Feature {
  const { cause, cure, isRequired = false } = trouble;
  return status === 'available' || cause === undefined
    ? { id, title, status, found, isRequired }
    : { id, title, status, found, cause, ...(cure === undefined ? {} : { cure }), isRequired };
}

/** Compares `6.12.9-cloud` with a minimum; undefined where the release is not of this form. */
export function kernelAtLeast(release: string, major: number, minor: number): boolean | undefined {
  const match = /^(\d+)\.(\d+)/.exec(release);
  if (match === null) return undefined;
  const [, foundMajor, foundMinor] = match.map(Number) as [number, number, number];
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}

export function statusOf(answer: boolean | undefined): FeatureStatus {
  if (answer === undefined) return 'unknown';
  return answer ? 'available' : 'unavailable';
}

export function kernelVersion(host: Host): Feature {
  return feature(
    'kernel',
    'Kernel 5.10 or newer',
    statusOf(kernelAtLeast(host.kernelRelease, 5, 10)),
    host.kernelRelease,
    {
      cause: 'BPF tracing programs of this library need what Linux 5.10 brought',
      cure: 'Use Linux 5.10 or newer.',
      isRequired: true,
    },
  );
}

export function btf(host: Host): Feature {
  const refusal = host.open(KERNEL_BTF);
  if (refusal === undefined)
    return feature('btf', 'Type information of the kernel (BTF)', 'available', KERNEL_BTF, { isRequired: true });
  const isAbsent = refusal === 'ENOENT';
  return feature(
    'btf',
    'Type information of the kernel (BTF)',
    isAbsent ? 'unavailable' : 'unknown',
    `${KERNEL_BTF}: ${refusal}`,
    {
      cause: isAbsent
        ? 'the kernel is built without CONFIG_DEBUG_INFO_BTF, or /sys is not mounted'
        : 'the file may not be read',
      cure: 'Use a kernel with CONFIG_DEBUG_INFO_BTF=y, mount /sys, or pass `tracer.btfPath` with BTF for this kernel.',
      isRequired: true,
    },
  );
}

/** Whether the kernel's BTF has a tracepoint that a BPF program can attach to. */
export function tracepoint(
  host: Host,
  name: string,
  need: { readonly since: string; readonly isRequired: boolean },
): Feature {
  const title = `Tracepoint ${name}`;
  const id = `tracepoint_${name}`;
  const { isRequired } = need;
  if (host.native instanceof Error) {
    return feature(id, title, 'unknown', 'not asked', { cause: 'only the native addon can ask', isRequired });
  }
  try {
    const isThere = host.native.kernelHas('tracepoint', name);
    return feature(id, title, isThere ? 'available' : 'unavailable', isThere ? 'in BTF' : 'not in BTF', {
      cause: `this kernel has no such tracepoint (${need.since})`,
      cure: `Use a kernel that has it: ${need.since}.`,
      isRequired,
    });
  } catch (error) {
    return feature(id, title, 'unknown', 'not told', { cause: messageOf(error), isRequired });
  }
}

export function kprobes(host: Host): Feature {
  return eventSource(host, 'kprobe', 'kprobes', 'CONFIG_KPROBES');
}

export function uprobes(host: Host): Feature {
  return eventSource(host, 'uprobe', 'uprobes', 'CONFIG_UPROBE_EVENTS');
}

function eventSource(host: Host, id: string, title: string, option: string): Feature {
  const refusal = host.open(`${EVENT_SOURCES}/${id}/type`);
  if (refusal === undefined) return feature(id, title, 'available', `${EVENT_SOURCES}/${id}`);
  const isAbsent = refusal === 'ENOENT';
  return feature(id, title, isAbsent ? 'unavailable' : 'unknown', `${EVENT_SOURCES}/${id}: ${refusal}`, {
    cause: isAbsent ? `the kernel is built without ${option}, or /sys is not mounted` : 'the file may not be read',
    cure: `Use a kernel with ${option}=y.`,
  });
}

export function uprobeMulti(host: Host): Feature {
  const isNew = kernelAtLeast(host.kernelRelease, 6, 6);
  const hasUprobes = uprobes(host).status;
  const status = isNew === true ? hasUprobes : statusOf(isNew);
  return feature('uprobe_multi', 'uprobe_multi links', status, host.kernelRelease, {
    cause: isNew === true ? 'uprobes are not available' : 'they came with Linux 6.6',
    cure: 'Use Linux 6.6 or newer; until then perf uprobes are used, which may need CAP_SYS_ADMIN.',
  });
}

export function fentry(host: Host): Feature {
  const title = 'fentry programs';
  if (host.native instanceof Error)
    return feature('fentry', title, 'unknown', 'not tried', { cause: 'only the native addon can try' });
  try {
    const errno = host.native.probeProgramType('fentry', 'tcp_sendmsg');
    if (errno === 0) return feature('fentry', title, 'available', 'a program for tcp_sendmsg loads');
    return feature('fentry', title, 'unavailable', `loading one gave ${getSystemErrorName(-errno)}`, {
      cause: 'the kernel has no ftrace direct calls for BPF, its policy forbids them, or a capability is missing',
      cure: 'None is needed: the sources of this release do without.',
    });
  } catch (error) {
    return feature('fentry', title, 'unknown', 'not told', { cause: messageOf(error) });
  }
}

export function bpfStatistics(host: Host): Feature {
  const title = 'BPF run-time statistics';
  if (host.native instanceof Error)
    return feature('bpf_stats', title, 'unknown', 'not tried', { cause: 'only the native addon can try' });
  try {
    host.native.closeLink(host.native.enableStats());
    return feature('bpf_stats', title, 'available', 'can be switched on');
  } catch (error) {
    return feature('bpf_stats', title, 'unavailable', 'could not be switched on', {
      cause: messageOf(error),
      cure: 'They need CAP_SYS_ADMIN and Linux 5.8; only `npm run bench` uses them.',
    });
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

import { CAPABILITIES, type CapabilityName, hasCapability } from './capabilities.ts';
import type { Host } from './host.ts';
import { feature, kernelAtLeast, statusOf } from './kernel-features.ts';
import { lockdown } from './lockdown.ts';
import type { Feature, FeatureStatus } from './report.ts';

export function platform(host: Host): Feature {
  const found = `${host.platform}-${host.architecture}`;
  const isSupported = host.platform === 'linux' && host.architecture === 'x64';
  return feature('platform', 'Linux on x86-64', isSupported ? 'available' : 'unavailable', found, {
    cause: 'BPF is a feature of the Linux kernel, and this release is built for x86-64',
    cure: 'Run on Linux x86-64; elsewhere use recordings (`replayFrom`).',
    isRequired: true,
  });
}

export function libc(host: Host): Feature {
  return feature('libc', 'C library', host.libc === undefined ? 'unknown' : 'available', host.libc ?? 'not Linux', {
    cause: 'there is no Linux C library here',
  });
}

export function nativeAddon(host: Host): Feature {
  const { native } = host;
  if (!(native instanceof Error)) {
    return feature('native', 'Native addon', 'available', `libbpf ${native.libbpfVersion()}`, { isRequired: true });
  }
  const { cause } = native;
  return feature('native', 'Native addon', 'unavailable', native.code, {
    cause: cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : native.message,
    cure: native.cure,
    isRequired: true,
  });
}

export function lockdownMode(host: Host): Feature {
  const { forbidsReading, found } = lockdown(host);
  return feature(
    'lockdown',
    'BPF may read memory (lockdown)',
    statusOf(forbidsReading === undefined ? undefined : !forbidsReading),
    found,
    {
      cause:
        forbidsReading === true
          ? 'lockdown=confidentiality forbids BPF from reading memory'
          : 'nothing says whether it is confidentiality; loading the programs will show it',
      cure: 'Boot with lockdown=integrity or none; to let the doctor see it, mount securityfs at /sys/kernel/security.',
      isRequired: true,
    },
  );
}

/** One of the capabilities; `CAP_SYS_ADMIN` stands for `CAP_BPF` and `CAP_PERFMON`. */
export function capability(host: Host, held: bigint | undefined, name: CapabilityName): Feature {
  const { use } = CAPABILITIES[name];
  const isRequired = name === 'CAP_BPF' || name === 'CAP_PERFMON';
  const isNeeded = name !== 'CAP_SYS_RESOURCE' || kernelAtLeast(host.kernelRelease, 5, 11) !== true;
  const id = name.toLowerCase();
  if (held === undefined)
    return feature(id, name, 'unknown', 'not told', {
      cause: 'this process has no Linux capabilities to ask for',
      isRequired,
    });
  const isHeld = hasCapability(held, name);
  const isImplied = isRequired && hasCapability(held, 'CAP_SYS_ADMIN');
  if (isHeld) return feature(id, name, 'available', 'held', { isRequired });
  if (isImplied) return feature(id, name, 'available', 'implied by CAP_SYS_ADMIN', { isRequired });
  if (!isNeeded) return feature(id, name, 'available', 'not held; Linux 5.11 and newer do without it');
  return feature(id, name, 'unavailable', 'not held', {
    cause: `this process may not do what it is for: ${use}`,
    cure: `Run as root, or grant ${name} (for a container: add it to its capabilities).`,
    isRequired,
  });
}

export function perfEventParanoid(host: Host, held: bigint | undefined): Feature {
  const id = 'perf_event_paranoid';
  const title = 'perf uprobes by policy';
  const level = numberIn(host, '/proc/sys/kernel/perf_event_paranoid');
  if (level === undefined || held === undefined)
    return feature(id, title, 'unknown', 'not told', { cause: 'the setting or the capabilities cannot be read' });
  const isFree = hasCapability(held, 'CAP_SYS_ADMIN') || (level <= 2 && hasCapability(held, 'CAP_PERFMON'));
  return feature(id, title, isFree ? 'available' : 'unavailable', `kernel.perf_event_paranoid = ${level}`, {
    cause:
      level > 2 ? 'above 2 some distributions ask for CAP_SYS_ADMIN' : 'neither CAP_PERFMON nor CAP_SYS_ADMIN is held',
    cure: 'Grant CAP_SYS_ADMIN, set kernel.perf_event_paranoid to 2, or use Linux 6.6, whose uprobe_multi links are not affected.',
  });
}

export function unprivilegedBpf(host: Host, held: bigint | undefined): Feature {
  const id = 'bpf_syscall';
  const title = 'The bpf system call by policy';
  const level = numberIn(host, '/proc/sys/kernel/unprivileged_bpf_disabled');
  if (level === undefined)
    return feature(id, title, 'unknown', 'not told', { cause: 'kernel.unprivileged_bpf_disabled cannot be read' });
  const isPrivileged = held !== undefined && (hasCapability(held, 'CAP_BPF') || hasCapability(held, 'CAP_SYS_ADMIN'));
  const found = `kernel.unprivileged_bpf_disabled = ${level}`;
  return feature(id, title, isPrivileged ? 'available' : 'unavailable', found, {
    cause: 'tracing programs are for processes with CAP_BPF, whatever the setting',
    cure: 'Run as root, or grant CAP_BPF and CAP_PERFMON.',
  });
}

export function tracefs(host: Host): Feature {
  return mounted(host, 'tracefs', 'tracefs', ['/sys/kernel/tracing/events', '/sys/kernel/debug/tracing/events'], {
    cause: 'tracefs is not mounted; uprobes on kernels before 6.6 may need it',
    cure: 'mount -t tracefs tracefs /sys/kernel/tracing',
  });
}

export function cgroup2(host: Host): Feature {
  return mounted(
    host,
    'cgroup_v2',
    'cgroup v2',
    ['/sys/fs/cgroup/cgroup.controllers', '/sys/fs/cgroup/unified/cgroup.controllers'],
    {
      cause: 'the unified hierarchy is not mounted; programs that attach to cgroups need it',
      cure: 'Boot with systemd.unified_cgroup_hierarchy=1, or mount cgroup2.',
    },
  );
}

function mounted(
  host: Host,
  id: string,
  title: string,
  paths: readonly string[],
  trouble: { cause: string; cure: string },
): Feature {
  const refusals = paths.map((path) => host.open(path));
  const index = refusals.indexOf(undefined);
  if (index >= 0) return feature(id, title, 'available', paths[index] as string);
  const hidden = refusals.find((refusal) => refusal !== 'ENOENT');
  const status: FeatureStatus = hidden === undefined ? 'unavailable' : 'unknown';
  return feature(
    id,
    title,
    status,
    hidden ?? 'not mounted',
    hidden === undefined ? trouble : { ...trouble, cause: `it may not be looked at (${hidden})` },
  );
}

function numberIn(host: Host, path: string): number | undefined {
  const text = host.read(path);
  return typeof text === 'string' && /^-?\d+\s*$/.test(text) ? Number(text) : undefined;
}

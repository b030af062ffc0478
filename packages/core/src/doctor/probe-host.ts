import { SOCKET_SOURCES } from '../kernel/socket-sources.ts';
import type { SourceName } from '../options/options.ts';
import { CAPABILITIES, type CapabilityName, effectiveCapabilities } from './capabilities.ts';
import { type Host, thisHost } from './host.ts';
import {
  capability,
  cgroup2,
  libc,
  lockdownMode,
  nativeAddon,
  perfEventParanoid,
  platform,
  tracefs,
  unprivilegedBpf,
} from './host-features.ts';
import {
  bpfStatistics,
  btf,
  fentry,
  kernelVersion,
  kprobes,
  tracepoint,
  uprobeMulti,
  uprobes,
} from './kernel-features.ts';
import type { Feature, FeatureStatus, HostReport, SourceReport } from './report.ts';

const TRACEPOINTS = {
  sock_send_length: { since: 'Linux 6.3', isRequired: false },
  sock_recv_length: { since: 'Linux 6.3', isRequired: false },
  sys_exit: { since: 'any Linux with CONFIG_FTRACE_SYSCALLS', isRequired: false },
  tcp_probe: { since: 'Linux 4.16', isRequired: true },
  inet_sock_set_state: { since: 'Linux 4.16', isRequired: true },
} as const;

/**
 * Finds out, feature by feature, what this host lets the library do: available, unavailable or not to be told, with cause and cure.
 *
 * Works on every platform and without privileges; loads the native addon if it can; leaves nothing behind.
 *
 * @example
 * ```ts
 * import { probeHost } from '@beyla/core';
 * const { isUsable, features } = await probeHost();
 * if (!isUsable) console.error(features.filter(({ isRequired, status }) => isRequired && status === 'unavailable'));
 * ```
 *
 * @public
 */
export async function probeHost(): Promise<HostReport> {
  return examineHost(thisHost());
}

/** `probeHost` of any host. */
export function examineHost(host: Host): HostReport {
  const held = effectiveCapabilities(host);
  const isLinux = host.platform === 'linux';
  const features: Feature[] = [platform(host), nativeAddon(host)];
  if (isLinux) {
    features.push(
      kernelVersion(host),
      btf(host),
      lockdownMode(host),
      ...(Object.keys(CAPABILITIES) as CapabilityName[]).map((name) => capability(host, held, name)),
      ...Object.entries(TRACEPOINTS).map(([name, need]) => tracepoint(host, name, need)),
      unprivilegedBpf(host, held),
      perfEventParanoid(host, held),
      kprobes(host),
      fentry(host),
      uprobes(host),
      uprobeMulti(host),
      bpfStatistics(host),
      tracefs(host),
      cgroup2(host),
      libc(host),
    );
  }
  const sources = Object.fromEntries(
    SOCKET_SOURCES.map(({ name, needs }) => [name, sourceReport(features, needs, isLinux)]),
  ) as Record<SourceName, SourceReport>;
  return {
    platform: host.platform,
    architecture: host.architecture,
    kernel: host.kernelRelease,
    isUsable: Object.values(sources).some(({ status }) => status === 'available'),
    sources,
    features,
  };
}

/** A source needs what everything needs, and its own tracepoints. That lockdown is not told is no hindrance: loading will show it. */
function sourceReport(features: readonly Feature[], tracepoints: readonly string[], isLinux: boolean): SourceReport {
  const own = new Set(tracepoints.map((name) => `tracepoint_${name}`));
  const lacking = features.filter(
    ({ id, isRequired, status }) => (isRequired || own.has(id)) && status !== 'available',
  );
  const missing = lacking.map(({ id }) => id);
  const hindrances = lacking.filter(({ id, status }) => status === 'unavailable' || id !== 'lockdown');
  let status: FeatureStatus = 'unknown';
  if (!isLinux || hindrances.some((feature) => feature.status === 'unavailable')) status = 'unavailable';
  else if (hindrances.length === 0) status = 'available';
  return { status, missing };
}

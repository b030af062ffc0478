import type { Host } from './host.ts';

/** Bit numbers of include/uapi/linux/capability.h, with what each is for here. */
export const CAPABILITIES = {
  CAP_DAC_READ_SEARCH: { bit: 2, use: 'reading executables of other users' },
  CAP_NET_ADMIN: { bit: 12, use: 'features that send to the network stack; none of the present ones' },
  CAP_SYS_PTRACE: { bit: 19, use: 'seeing executables and ports of other users’ processes' },
  CAP_SYS_ADMIN: { bit: 21, use: 'BPF statistics, and perf uprobes where perf_event_paranoid is above 2' },
  CAP_SYS_RESOURCE: { bit: 24, use: 'kernels before 5.11, which charge BPF memory to RLIMIT_MEMLOCK' },
  CAP_PERFMON: { bit: 38, use: 'loading tracing programs' },
  CAP_BPF: { bit: 39, use: 'creating BPF maps and loading programs' },
} as const;

export type CapabilityName = keyof typeof CAPABILITIES;

/** Effective capabilities of this process; undefined where there are none to be had. */
export function effectiveCapabilities(host: Host): bigint | undefined {
  if (!(host.native instanceof Error)) return host.native.effectiveCapabilities();
  const status = host.read('/proc/self/status');
  const digits = typeof status === 'string' ? /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] : undefined;
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

export function hasCapability(capabilities: bigint, name: CapabilityName): boolean {
  return ((capabilities >> BigInt(CAPABILITIES[name].bit)) & 1n) === 1n;
}

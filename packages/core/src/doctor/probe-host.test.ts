import { describe, expect, it } from 'vitest';
import { BeylaError } from '../errors.ts';
import type { Host } from './host.ts';
import { examineHost, probeHost } from './probe-host.ts';
import type { Feature, HostReport } from './report.ts';

const ALL_CAPABILITIES = (1n << 41n) - 1n;
const CAP_SYS_ADMIN = 1n << 21n;
const CAP_PERFMON = 1n << 38n;
const CAP_BPF = 1n << 39n;

interface Setting {
  readonly release?: string;
  readonly files?: Readonly<Record<string, string | { readonly code: string }>>;
  readonly capabilities?: bigint;
  readonly tracepoints?: readonly string[];
  readonly config?: string;
  readonly platform?: string;
  readonly native?: Host['native'];
  readonly fentryErrno?: number;
}

const FILES: Record<string, string> = {
  '/sys/kernel/btf/vmlinux': '',
  '/sys/kernel/security/lockdown': 'none [integrity] confidentiality\n',
  '/proc/sys/kernel/perf_event_paranoid': '2\n',
  '/proc/sys/kernel/unprivileged_bpf_disabled': '2\n',
  '/sys/bus/event_source/devices/kprobe/type': '6\n',
  '/sys/bus/event_source/devices/uprobe/type': '7\n',
  '/sys/kernel/tracing/events': '',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu\n',
};
const ENOENT = { code: 'ENOENT' };

/** A host on which everything is well, but for what the setting says. */
function host(setting: Setting = {}): Host {
  const files = { ...FILES, ...setting.files };
  const tracepoints = setting.tracepoints ?? [
    'sock_send_length',
    'sock_recv_length',
    'sys_exit',
    'tcp_probe',
    'inet_sock_set_state',
  ];
  const link = {} as ReturnType<Exclude<Host['native'], BeylaError>['enableStats']>;
  return {
    platform: setting.platform ?? 'linux',
    architecture: 'x64',
    kernelRelease: setting.release ?? '6.12.9-cloud-amd64',
    libc: 'glibc',
    native: setting.native ?? {
      effectiveCapabilities: () => setting.capabilities ?? ALL_CAPABILITIES,
      kernelHas: (_kind, name) => tracepoints.includes(name),
      probeProgramType: () => setting.fentryErrno ?? 0,
      enableStats: () => link,
      closeLink: () => undefined,
      libbpfVersion: () => '1.5',
    },
    read: (path) => files[path] ?? ENOENT,
    open: (path) => {
      const file = files[path] ?? ENOENT;
      return typeof file === 'string' ? undefined : file.code;
    },
    kernelConfig: () => setting.config,
  };
}

function find(report: HostReport, id: string): Feature {
  const found = report.features.find((feature) => feature.id === id);
  if (found === undefined) throw new Error(`no feature ${id}`);
  return found;
}

describe('examineHost()', () => {
  it('finds nothing wrong with a host on which all is well', () => {
    const report = examineHost(host());
    expect(report.features.filter(({ status }) => status !== 'available')).toEqual([]);
    expect(report).toMatchObject({
      isUsable: true,
      sources: { sock_length: { status: 'available', missing: [] }, syscall: { status: 'available', missing: [] } },
    });
  });

  it('gives every feature that is not available a cause', () => {
    const nothing = Object.fromEntries(Object.keys(FILES).map((path) => [path, ENOENT]));
    const { features } = examineHost(
      host({ release: '4.4.0', files: nothing, capabilities: 0n, tracepoints: [], fentryErrno: 1 }),
    );
    const troubled = features.filter(({ status }) => status !== 'available');
    expect(troubled.length).toBeGreaterThan(15);
    for (const { id, cause } of troubled) expect(cause, id).toBeTruthy();
    for (const { id, cure, status } of troubled) if (status === 'unavailable') expect(cure, id).toBeTruthy();
  });

  it('cannot trace without BTF, and says how to get it', () => {
    const report = examineHost(host({ files: { '/sys/kernel/btf/vmlinux': ENOENT } }));
    expect(report.isUsable).toBe(false);
    expect(find(report, 'btf')).toMatchObject({
      status: 'unavailable',
      cure: expect.stringContaining('CONFIG_DEBUG_INFO_BTF=y'),
    });
    expect(report.sources.syscall).toEqual({ status: 'unavailable', missing: ['btf'] });
  });

  it('cannot trace under lockdown=confidentiality', () => {
    const report = examineHost(
      host({ files: { '/sys/kernel/security/lockdown': 'none integrity [confidentiality]\n' } }),
    );
    expect(report.isUsable).toBe(false);
    expect(find(report, 'lockdown')).toMatchObject({
      status: 'unavailable',
      found: 'confidentiality',
      cure: expect.stringContaining('integrity'),
    });
  });

  const noLockdownFile = { '/sys/kernel/security/lockdown': ENOENT };
  it.each([
    ['a kernel without lockdown', { config: 'CONFIG_BPF=y\n' }, 'available'],
    ['the boot parameter', { files: { '/proc/cmdline': 'quiet lockdown=confidentiality\n' } }, 'unavailable'],
    [
      'the build',
      { config: 'CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n' },
      'unavailable',
    ],
    ['an open /proc/kcore', { files: { '/proc/kcore': '' } }, 'available'],
    [
      'nothing but forced integrity',
      { config: 'CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY=y\n' },
      'unknown',
    ],
    ['nothing', {}, 'unknown'],
  ])('judges lockdown without its file by %s', (_name, setting: Setting, status) => {
    const report = examineHost(host({ ...setting, files: { ...noLockdownFile, ...setting.files } }));
    expect(find(report, 'lockdown').status).toBe(status);
    expect(report.isUsable, 'not knowing is no hindrance').toBe(status !== 'unavailable');
  });

  it.each([
    [CAP_BPF | CAP_PERFMON, true, []],
    [CAP_SYS_ADMIN, true, []],
    [CAP_BPF, false, ['cap_perfmon']],
    [0n, false, ['cap_perfmon', 'cap_bpf']],
  ])('with the capabilities %s is usable: %s', (capabilities, isUsable, missing) => {
    const report = examineHost(host({ capabilities }));
    expect(report.isUsable).toBe(isUsable);
    expect(report.sources.sock_length.missing).toEqual(missing);
    for (const id of missing) expect(find(report, id).cure).toContain(id.toUpperCase());
  });

  it('reads the capabilities itself where the addon is missing', () => {
    const native = new BeylaError('NATIVE_MISSING', 'no addon', { cause: new Error('libstdc++ is missing\nmore') });
    const report = examineHost(
      host({ native, files: { '/proc/self/status': 'Name:\tx\nCapEff:\t000001ffffffffff\n' } }),
    );
    expect(find(report, 'cap_bpf').status).toBe('available');
    expect(find(report, 'native')).toMatchObject({ status: 'unavailable', cause: 'libstdc++ is missing' });
    expect(find(report, 'tracepoint_sys_exit').status).toBe('unknown');
    expect(report.isUsable).toBe(false);
  });

  it.each([
    ['5.9.16', 'unavailable'],
    ['4.18.0-553.el8', 'unavailable'],
    ['5.10.0-34-amd64', 'available'],
    ['6.1.0', 'available'],
    ['10.0', 'available'],
    ['strange', 'unknown'],
  ])('judges the kernel %s %s', (release, status) => {
    expect(find(examineHost(host({ release })), 'kernel').status).toBe(status);
  });

  it('falls back to the source that an older kernel has', () => {
    const report = examineHost(
      host({ release: '5.10.0', tracepoints: ['sys_exit', 'tcp_probe', 'inet_sock_set_state'] }),
    );
    expect(report.sources).toEqual({
      sock_length: { status: 'unavailable', missing: ['tracepoint_sock_send_length', 'tracepoint_sock_recv_length'] },
      syscall: { status: 'available', missing: [] },
    });
    expect(report.isUsable).toBe(true);
    expect(find(report, 'uprobe_multi')).toMatchObject({
      status: 'unavailable',
      cause: expect.stringContaining('6.6'),
    });
  });

  it('knows the distributions that keep perf events to the administrator', () => {
    const files = { '/proc/sys/kernel/perf_event_paranoid': '3\n' };
    expect(find(examineHost(host({ files })), 'perf_event_paranoid').status).toBe('available');
    const report = examineHost(host({ files, capabilities: CAP_BPF | CAP_PERFMON }));
    expect(find(report, 'perf_event_paranoid')).toMatchObject({
      status: 'unavailable',
      cure: expect.stringContaining('CAP_SYS_ADMIN'),
    });
    expect(report.isUsable).toBe(true);
  });

  it('keeps what may not be looked at apart from what is not there', () => {
    const report = examineHost(host({ files: { '/sys/kernel/tracing/events': { code: 'EACCES' } } }));
    expect(find(report, 'tracefs').status).toBe('unknown');
  });

  it.each(['darwin', 'win32'])('answers on %s as well', (platform) => {
    const native = new BeylaError('UNSUPPORTED_PLATFORM', `BPF is not available on ${platform}`);
    const report = examineHost(
      host({ platform, native, files: Object.fromEntries(Object.keys(FILES).map((path) => [path, ENOENT])) }),
    );
    expect(report.isUsable).toBe(false);
    expect(report.sources.sock_length.status).toBe('unavailable');
    expect(find(report, 'platform').cure).toContain('recordings');
  });
});

describe('probeHost()', () => {
  it('answers about this machine, whatever it is, in a form that survives JSON', async () => {
    const report = await probeHost();
    expect(report.platform).toBe(process.platform);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

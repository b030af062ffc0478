import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessInfo } from '../processes/process.ts';
import { ProcFs } from '../processes/procfs.ts';
import type { ProbeAttacher, ProbeGroup, TapRuntime } from './probe-attacher.ts';
import { TapManager } from './tap-manager.ts';

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const LINGER_MS = 30_000;
const LIBRARY = ['SSL_read', 'SSL_write', 'SSL_free']
  .map((name) => `int ${name}(void *s, void *b, int n) { return n + (s == b); }\n`)
  .join('');

/** Remembers what is attached instead of attaching it. */
class FakeAttacher implements ProbeAttacher {
  readonly means = 'uprobe_multi';
  readonly attached: (readonly ProbeGroup[])[] = [];
  readonly runtimes = new Map<number, TapRuntime>();
  attachments = 0;
  failure: Error | undefined;

  readonly waitedMs = 0;

  trouble(): undefined {}

  attach(_tap: string, path: string, groups: readonly ProbeGroup[]): () => Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    // The path leads to the file while this runs.
    expect(statSync(path).isFile()).toBe(true);
    this.attachments++;
    this.attached.push(groups);
    return async () => {
      this.attached.splice(this.attached.indexOf(groups), 1);
    };
  }

  addRuntime(pid: number, runtime: TapRuntime): boolean {
    this.runtimes.set(pid, runtime);
    return true;
  }

  removeRuntime(pid: number): void {
    this.runtimes.delete(pid);
  }
}

let files: string;
let root: string;
let attacher: FakeAttacher;
let taps: TapManager;

function processInfo(pid: number): ProcessInfo {
  return {
    pid,
    startTicks: 99_900,
    executable: '/bin/app',
    commandLine: [],
    language: 'generic',
    service: { name: 'shop', namespace: '', instanceId: '' },
    resource: {},
  };
}

/** A process that has mapped these files. */
function put(pid: number, ...paths: string[]): ProcessInfo {
  mkdirSync(join(root, String(pid)), { recursive: true });
  const lines = paths.map((path, index) => {
    const start = (0x7f0000000000 + index * 0x10000).toString(16);
    const end = (0x7f0000008000 + index * 0x10000).toString(16);
    return `${start}-${end} r-xp 00000000 08:01 ${statSync(path).ino} ${path}\n`;
  });
  writeFileSync(join(root, String(pid), 'maps'), lines.join(''));
  rmSync(join(root, String(pid), 'root'), { force: true });
  symlinkSync('/', join(root, String(pid), 'root'));
  return processInfo(pid);
}

describe.skipIf(!hasCompiler)('TapManager', () => {
  beforeAll(() => {
    files = mkdtempSync(join(tmpdir(), 'beyla-taps-'));
    writeFileSync(join(files, 'ssl.c'), LIBRARY);
    execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-o', join(files, 'libssl.so.9'), join(files, 'ssl.c')]);
    copyFileSync(join(files, 'libssl.so.9'), join(files, 'module.so'));
    writeFileSync(join(files, 'plain.c'), 'int plain(void) { return 1; }\n');
    execFileSync('gcc', ['-shared', '-fPIC', '-o', join(files, 'libssl-not.so'), join(files, 'plain.c')]);
  });
  afterAll(() => rmSync(files, { recursive: true, force: true }));
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    root = mkdtempSync(join(tmpdir(), 'beyla-proc-'));
    // The processes are a second old.
    writeFileSync(join(root, 'uptime'), '1000.00 2000.00\n');
    attacher = new FakeAttacher();
    const options = { openssl: true, goTls: true, rustls: true };
    const nowNs = () => Number(process.hrtime.bigint());
    taps = new TapManager({ proc: new ProcFs(root), attacher, options, nowNs });
  });
  afterEach(async () => {
    await taps.close();
    vi.useRealTimers();
    rmSync(root, { recursive: true, force: true });
  });

  it('attaches both taps to a file that has OpenSSL and rustls inside, and lets go of both', async () => {
    const file = join(files, 'both');
    const names = ['_R6cipher16MessageEncrypter7encrypt', '_R6cipher16MessageDecrypter7decrypt'];
    const ciphers = names.map(
      (name, at) => `long f${at}(long a) __asm__("${name}"); long f${at}(long a) { return a; }\n`,
    );
    writeFileSync(`${file}.c`, LIBRARY + ciphers.join(''));
    execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-o', file, `${file}.c`]);
    taps.select(put(5, file));
    taps.speaksTls(5);
    const programs = attacher.attached.map((groups) => groups.map(({ program }) => program.split('_')[0]));
    expect(programs.map((some) => new Set(some))).toEqual([new Set(['openssl']), new Set(['rustls'])]);
    expect(attacher.runtimes).toEqual(new Map([[5, 'rustls']]));
    expect(taps.stats()['taps_files']).toBe(1);
    await taps.close();
    expect(attacher.attached).toEqual([]);
  });

  it('has attached when select() returns: ends of calls first, then their beginnings', () => {
    taps.select(put(5, join(files, 'libssl.so.9')));
    const [groups] = attacher.attached;
    expect(groups?.[0]).toMatchObject({ program: 'openssl_return' });
    expect(groups?.map(({ program }) => program).sort()).toEqual([
      'openssl_free',
      'openssl_read',
      'openssl_return',
      'openssl_write',
    ]);
    expect(taps.messages()).toEqual([]);
  });

  it('attaches once to a file that several processes use, and detaches 30 s after the last of them', async () => {
    taps.select(put(5, join(files, 'libssl.so.9')));
    taps.select(put(6, join(files, 'libssl.so.9')));
    expect(attacher.attachments).toBe(1);
    taps.deselect(5);
    await vi.advanceTimersByTimeAsync(2 * LINGER_MS);
    expect(attacher.attached).toHaveLength(1);
    taps.deselect(6);
    await vi.advanceTimersByTimeAsync(LINGER_MS - 1);
    expect(attacher.attached).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(attacher.attached).toHaveLength(0);
    expect(taps.stats()).toMatchObject({ taps_files: 0 });
  });

  it('a program that is restarted finds the probes in place', async () => {
    taps.select(put(5, join(files, 'libssl.so.9')));
    taps.deselect(5);
    await vi.advanceTimersByTimeAsync(LINGER_MS / 2);
    taps.select(put(6, join(files, 'libssl.so.9')));
    await vi.advanceTimersByTimeAsync(2 * LINGER_MS);
    expect(attacher.attachments).toBe(1);
    expect(attacher.attached).toHaveLength(1);
  });

  it.each([50, 200, 1000, 3000])('finds a library that a young process loads within its first %i ms', async (ms) => {
    taps.select(put(5));
    await vi.advanceTimersByTimeAsync(ms - 1);
    put(5, join(files, 'libssl.so.9'));
    expect(attacher.attached).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(attacher.attached).toHaveLength(1);
  });

  it('an old process is looked at again when something happens to it only', async () => {
    writeFileSync(join(root, 'uptime'), '90000.00 90000.00\n');
    taps.select(put(5));
    await vi.advanceTimersByTimeAsync(100);
    put(5, join(files, 'libssl.so.9'));
    await vi.advanceTimersByTimeAsync(5000);
    expect(attacher.attached).toHaveLength(0);
    taps.refresh(5);
    expect(attacher.attached).toHaveLength(1);
  });

  it('finds a library at once when the loader tells of it, however old the process, and looks no more often than it must', () => {
    writeFileSync(join(root, 'uptime'), '90000.00 90000.00\n');
    taps.select(put(5));
    const beforeNs = Number(process.hrtime.bigint());
    put(5, join(files, 'libssl.so.9'));
    taps.loadsLibraries(5, beforeNs);
    expect(attacher.attached).toHaveLength(1);
    const { taps_looks: looks = 0 } = taps.stats();
    // The first look has seen what these tell.
    for (let event = 0; event < 100; event++) taps.loadsLibraries(5, beforeNs);
    expect(taps.stats()['taps_looks']).toBe(looks);
    taps.loadsLibraries(5, Number(process.hrtime.bigint()));
    expect(taps.stats()['taps_looks']).toBe(looks + 1);
    taps.loadsLibraries(6, beforeNs);
  });

  it('looks into files of any name once a process speaks TLS that is not seen', () => {
    taps.select(put(5, join(files, 'module.so')));
    expect(attacher.attached).toHaveLength(0);
    taps.speaksTls(5);
    expect(attacher.attached).toHaveLength(1);
    expect(taps.messages()).toEqual([]);
  });

  it('looks into files of any name before the process speaks TLS', async () => {
    taps.select(put(5, join(files, 'libssl-not.so'), join(files, 'module.so')));
    await vi.advanceTimersByTimeAsync(100);
    expect(attacher.attached).toHaveLength(1);
    expect(taps.stats()['taps_files_read']).toBe(2);
  });

  it('names a process whose TLS it cannot see, until it can', () => {
    taps.select(put(5, join(files, 'libssl-not.so')));
    taps.speaksTls(5);
    expect(taps.messages()).toEqual([
      'process 5 (shop) speaks TLS that is not seen: it uses none of the TLS libraries that can be tapped',
    ]);
    put(5, join(files, 'libssl.so.9'));
    taps.refresh(5);
    expect(taps.messages()).toEqual([]);
  });

  it('is not driven by a process that speaks TLS all the time: one look a second', async () => {
    taps.select(put(5, join(files, 'libssl-not.so')));
    const { taps_looks: before = 0 } = taps.stats();
    for (let connection = 0; connection < 1000; connection++) taps.speaksTls(5);
    expect(taps.stats()['taps_looks']).toBe(before + 1);
  });

  it('names and counts what the kernel refuses, and tries again 30 s later', async () => {
    attacher.failure = new Error('no uprobes here');
    const path = join(files, 'libssl.so.9');
    taps.select(put(5, path));
    expect(taps.messages()).toEqual([`TLS of programs that use ${path} is not seen: no uprobes here`]);
    expect(taps.stats()).toMatchObject({ taps_attach_failed: 1, taps_files: 0 });
    taps.refresh(5);
    expect(taps.stats()).toMatchObject({ taps_attach_failed: 1 });
    attacher.failure = undefined;
    await vi.advanceTimersByTimeAsync(30_000);
    taps.refresh(5);
    expect(attacher.attached).toHaveLength(1);
    expect(taps.messages()).toEqual([]);
  });

  it('lets go of a library that a process has unloaded', async () => {
    taps.select(put(5, join(files, 'libssl.so.9')));
    put(5);
    taps.refresh(5);
    await vi.advanceTimersByTimeAsync(LINGER_MS);
    expect(attacher.attached).toHaveLength(0);
  });

  it('puts looks off when thousands of processes come at once', async () => {
    const count = 3000;
    const maps = Array.from({ length: 500 }, (_, index) => `${index}000-${index}fff r-xp 0 08:01 ${index} /lib/x.so\n`);
    vi.useRealTimers();
    const startedMs = performance.now();
    for (let pid = 1; pid <= count; pid++) {
      put(pid, join(files, 'libssl.so.9'));
      writeFileSync(join(root, String(pid), 'maps'), maps.join(''), { flag: 'a' });
    }
    const writtenMs = performance.now();
    for (let pid = 1; pid <= count; pid++) taps.select(processInfo(pid));
    expect(performance.now() - writtenMs).toBeLessThan(Math.max(1500, writtenMs - startedMs));
    expect(taps.stats()['taps_looks']).toBeLessThan(count);
  }, 60_000);

  it('close() detaches everything, whoever uses it', async () => {
    taps.select(put(5, join(files, 'libssl.so.9'), join(files, 'libssl-not.so')));
    await taps.close();
    expect(attacher.attached).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

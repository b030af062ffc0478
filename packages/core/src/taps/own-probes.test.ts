import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ProcFs } from '../processes/procfs.ts';
import { FilePlans, planTls } from './file-plans.ts';
import { readMappedFiles } from './mapped-files.ts';
import { openCandidates } from './open-candidates.ts';
import { OwnProbes } from './own-probes.ts';
import type { ProbeAttacher, ProbeGroup } from './probe-attacher.ts';

const LIBRARY = ['SSL_read', 'SSL_write', 'SSL_free']
  .map((name) => `int ${name}(void *s, char *b, int n) { return n > 4 ? b[n - 1] : n; }`)
  .join('\n');
const LOADER = 'void _dl_debug_state(void) { __asm__ volatile("nop"); }\n';
const hasCompiler = spawnSync('gcc', ['--version']).status === 0;

interface Attached {
  readonly pid: number | undefined;
  readonly tap: string;
}

/** Keeps what is attached instead of attaching it. */
class FakeAttacher implements ProbeAttacher {
  readonly means = 'uprobe_multi';
  readonly attached: Attached[] = [];

  readonly waitedMs = 0;

  trouble(): undefined {}

  attach(tap: string, _path: string, _groups: readonly ProbeGroup[], pid?: number): () => Promise<void> {
    const attached = { pid, tap };
    this.attached.push(attached);
    return async () => {
      this.attached.splice(this.attached.indexOf(attached), 1);
    };
  }

  addRuntime(): boolean {
    return true;
  }

  removeRuntime(): void {}
}

let files: string;
let root: string;
let proc: ProcFs;
let attacher: FakeAttacher;
let own: OwnProbes;

/** A process that has mapped a loader, and whose loader looks for libraries in these folders first. */
function put(pid: number, ...libraryPath: string[]): void {
  const at = (name: string): string => join(root, String(pid), name);
  mkdirSync(at('root'), { recursive: true });
  const loader = join(files, 'ld-own.so.1');
  writeFileSync(at('maps'), `7f0000000000-7f0000008000 r-xp 00000000 08:01 ${statSync(loader).ino} ${loader}\n`);
  writeFileSync(at('environ'), `SECRET=1\0LD_LIBRARY_PATH=${libraryPath.join(':')}\0`);
  rmSync(at('root'), { recursive: true });
  symlinkSync('/', at('root'));
}

function hear(pid: number): string | undefined {
  return own.hear(pid, readMappedFiles(proc, pid)?.files ?? []);
}

function wait(pid: number, isTapped: (identity: string) => boolean = () => false): void {
  own.await(pid, readMappedFiles(proc, pid)?.files ?? [], isTapped);
}

function libraries(): (number | undefined)[] {
  return attacher.attached.filter(({ tap }) => tap === 'openssl').map(({ pid }) => pid);
}

describe.skipIf(!hasCompiler)('OwnProbes', () => {
  beforeAll(() => {
    files = mkdtempSync(join(tmpdir(), 'beyla-own-'));
    const build = (name: string, source: string): void => {
      writeFileSync(join(files, 'source.c'), source);
      execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-o', join(files, name), join(files, 'source.c')]);
    };
    build('ld-own.so.1', LOADER);
    mkdirSync(join(files, 'path'));
    build('path/libssl.so.1.1', LIBRARY);
  });
  afterAll(() => rmSync(files, { recursive: true, force: true }));
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'beyla-proc-'));
    proc = new ProcFs(root);
    attacher = new FakeAttacher();
    const taps = { openssl: true, goTls: true, rustls: true };
    own = new OwnProbes(proc, attacher, new FilePlans((elf) => planTls(elf, taps)));
    return () => rmSync(root, { recursive: true, force: true });
  });

  it('hear() probes the loader of one process, once', () => {
    put(5);
    expect(hear(5)).toBe('new');
    expect(hear(5)).toBe('known');
    expect(attacher.attached).toEqual([{ pid: 5, tap: 'loader' }]);
  });

  it('has nothing to hear of a process without a dynamic loader', () => {
    put(5);
    writeFileSync(join(root, '5', 'maps'), '');
    expect(hear(5)).toBeUndefined();
    wait(5);
    expect(attacher.attached).toEqual([]);
  });

  it('await() probes the library that LD_LIBRARY_PATH leads to, for the one process', () => {
    put(5, join(files, 'path'));
    hear(5);
    wait(5);
    const candidates = openCandidates(proc, 5, []);
    for (const { descriptor } of candidates) closeSync(descriptor);
    expect(candidates[0]?.path).toBe(join(files, 'path/libssl.so.1.1'));
    expect(libraries()).toContain(5);
    const { awaited } = own.counts;
    wait(5);
    expect(own.counts.awaited).toBe(awaited);
  });

  it('does not wait for what is tapped for all processes', () => {
    put(5, join(files, 'path'));
    hear(5);
    wait(5, () => true);
    expect(libraries()).toEqual([]);
  });

  it('settle() and release() take the probes out again, close() all of them', async () => {
    for (const pid of [5, 6, 7]) {
      put(pid, join(files, 'path'));
      hear(pid);
      wait(pid);
    }
    own.settle({ pid: 5 });
    await expect.poll(libraries).not.toContain(5);
    expect(attacher.attached).toContainEqual({ pid: 5, tap: 'loader' });
    own.release(6);
    await expect.poll(() => attacher.attached.some(({ pid }) => pid === 6)).toBe(false);
    await own.close();
    expect(attacher.attached).toEqual([]);
    expect(own.counts).toEqual({ loaders: 0, awaited: 0 });
  });

  it('waits for 16 processes at most, and hears of 64', () => {
    for (let pid = 1; pid <= 100; pid++) {
      put(pid, join(files, 'path'));
      hear(pid);
      wait(pid);
    }
    expect(new Set(libraries()).size).toBe(16);
    expect(own.counts.loaders).toBe(64);
  });
});

describe('openCandidates()', () => {
  it('never opens what is no regular file', () => {
    const base = mkdtempSync(join(tmpdir(), 'beyla-candidates-'));
    const folder = join(base, 'lib');
    mkdirSync(join(base, 'proc/5'), { recursive: true });
    mkdirSync(folder);
    execFileSync('mkfifo', [join(folder, 'libssl.so.3')]);
    symlinkSync('/', join(base, 'proc/5/root'));
    writeFileSync(join(base, 'proc/5/environ'), `LD_LIBRARY_PATH=${folder}\0`);
    const found = openCandidates(new ProcFs(join(base, 'proc')), 5, []);
    for (const { descriptor } of found) closeSync(descriptor);
    rmSync(base, { recursive: true });
    expect(found.filter(({ path }) => path.includes(folder))).toEqual([]);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeProc } from '../testing/fake-proc.ts';
import { LanguageDetector } from './language.ts';
import { ProcFs, splitArguments } from './procfs.ts';

describe('ProcFs', () => {
  let fake: FakeProc;
  beforeEach(() => {
    fake = new FakeProc();
  });
  afterEach(() => fake[Symbol.dispose]());

  it('reads stat where the name holds blanks and parentheses', () => {
    fake.put(12, { name: 'a) S (b', parent: 3, startTicks: 987_654_321 });
    expect(new ProcFs(fake.root).stat(12)).toEqual({
      name: 'a) S (b',
      parent: 3,
      startTicks: 987_654_321,
      threads: 1,
      stackStart: 0,
      isKernelThread: false,
      isDead: false,
    });
  });

  it('knows kernel threads, zombies and processes on their way out', () => {
    fake.put(1, { flags: 0x0020_8040 });
    fake.put(2, { state: 'Z' });
    fake.put(3, { flags: 4 });
    const proc = new ProcFs(fake.root);
    expect(proc.stat(1)?.isKernelThread).toBe(true);
    expect([proc.stat(2)?.isDead, proc.stat(3)?.isDead]).toEqual([true, true]);
  });

  it('looks at a thread that lives where the main one has ended, and knows when none does', () => {
    const proc = new ProcFs(fake.root);
    fake.put(20, { state: 'Z', threads: { 21: 'Z', 22: 'S' } });
    fake.put(22, { executable: '/opt/app', commandLine: ['app'], netns: 7 });
    expect(proc.stat(20)).toMatchObject({ isDead: false, threads: 3 });
    expect([proc.executable(20), proc.commandLine(20), proc.networkNamespace(20)]).toEqual(['/opt/app', ['app'], 7]);
    fake.put(20, { state: 'Z', threads: { 22: 'Z' } });
    expect(proc.stat(20)?.isDead).toBe(true);
    expect(proc.executable(20)).toBeUndefined();
  });

  it('names the executable also after its file was replaced', () => {
    fake.put(4, { executable: '/opt/app (deleted)' });
    expect(new ProcFs(fake.root).executable(4)).toBe('/opt/app');
  });

  it('does not ask about an executable on a file system that may not answer', () => {
    const mount = (type: string): ProcFs => {
      fake.put(6, { executable: process.execPath });
      writeFileSync(join(fake.root, '6', 'mountinfo'), `1 0 0:9 / ${type === 'ext4' ? '/' : '/x'} rw - ext4 a rw\n`);
      if (type.startsWith('fuse')) appendFileSync(join(fake.root, '6', 'mountinfo'), `2 0 0:9 / / rw - ${type} a rw\n`);
      return new ProcFs(fake.root);
    };
    expect(mount('ext4').executableStat(6)?.isFile()).toBe(true);
    expect(['fuse.x', 'hidden'].map((type) => mount(type).executableStat(6))).toEqual([undefined, undefined]);
    expect(new LanguageDetector(mount('fuse.x')).ofExecutable(6, '/srv/app')).toBe('generic');
    expect(new LanguageDetector(mount('fuse.x')).ofExecutable(6, process.execPath)).toBe('nodejs');
  });

  it('keeps empty arguments and characters of several bytes', () => {
    fake.put(5, { commandLine: ['é'.repeat(32_000), '', 'b'] });
    expect(new ProcFs(fake.root).commandLine(5)).toEqual(['é'.repeat(32_000), '', 'b']);
  });

  it('reads the first 64 KiB of a command line, and 4096 arguments of it', () => {
    const proc = new ProcFs(fake.root);
    fake.put(5, { commandLine: ['x'.repeat(100_000)] });
    expect(proc.commandLine(5)?.[0]).toHaveLength(65_536);
    fake.put(5, { commandLine: ['app', ...Array<string>(125_000).fill(''), 'x'] });
    expect(proc.commandLine(5)).toEqual(['app']);
    fake.put(5, { commandLine: Array<string>(5000).fill('x') });
    expect(proc.commandLine(5)).toHaveLength(4096);
  });

  it('answers undefined for what is not there', () => {
    const proc = new ProcFs(fake.root);
    expect([proc.stat(9), proc.executable(9), proc.commandLine(9), proc.networkNamespace(9)]).toEqual(
      Array(4).fill(undefined),
    );
    expect(proc.denied).toBe(0);
  });
});

describe('splitArguments()', () => {
  it('takes time linear in the text', () => {
    const text = `app${'\0'.repeat(4_000_000)}x`;
    splitArguments(text.slice(0, 1000));
    const startedMs = performance.now();
    expect(splitArguments(text)).toHaveLength(4096);
    expect(performance.now() - startedMs).toBeLessThan(250);
    expect(splitArguments('a\0\0b\0\0\0')).toEqual(['a', '', 'b']);
    expect(splitArguments('')).toEqual(['']);
  });
});

describe.runIf(process.platform === 'linux')('ProcFs on this machine', () => {
  let child: ChildProcess;
  beforeEach(async () => {
    child = spawn(process.execPath, ['-e', 'process.stdin.resume()', 'an argument'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
  });
  afterEach(() => child.kill('SIGKILL'));

  it('reads a process that this test started', () => {
    const proc = new ProcFs();
    const pid = child.pid as number;
    expect(proc.self()).toBe(process.pid);
    expect(proc.pids()).toContain(pid);
    expect(proc.stat(pid)).toMatchObject({ parent: process.pid, isDead: false, isKernelThread: false });
    expect(proc.stat(pid)?.startTicks).toBeGreaterThan(proc.stat(process.pid)?.startTicks as number);
    expect(proc.executable(pid)).toBe(readlinkSync('/proc/self/exe'));
    expect(proc.commandLine(pid)).toEqual([process.execPath, '-e', 'process.stdin.resume()', 'an argument']);
    expect(proc.networkNamespace(pid)).toBe(proc.networkNamespace(process.pid));
  });
});

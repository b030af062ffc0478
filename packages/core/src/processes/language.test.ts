import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ElfFile } from '../elf/elf-file.ts';
import { FakeProc } from '../testing/fake-proc.ts';
import { LanguageDetector } from './language.ts';
import { ProcFs } from './procfs.ts';

let fake: FakeProc;
let directory: string;
beforeEach(() => {
  fake = new FakeProc();
  directory = mkdtempSync(join(tmpdir(), 'beyla-language-'));
});
afterEach(() => {
  fake[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function detect(executable: string, libraries: readonly string[] = []): string {
  fake.put(7, { executable, libraries });
  return new LanguageDetector(new ProcFs(fake.root)).ofSelected(7, executable);
}

describe('LanguageDetector', () => {
  it.each([
    ['/usr/bin/python3.11', 'python'],
    ['/usr/bin/pypy3', 'python'],
    ['/usr/bin/nodejs', 'nodejs'],
    ['/usr/bin/ruby3.1', 'ruby'],
    ['/opt/jdk/bin/java', 'java'],
    ['/usr/sbin/php-fpm8.2', 'php'],
    ['/usr/bin/dotnet', 'dotnet'],
    ['/usr/lib/rubybutnotreallyruby', 'generic'],
    ['/usr/lib/erlang/erts-15.0/bin/beam.smp', 'generic'],
    ['/srv/node_modules/bun/bin/bun.exe', 'generic'],
    ['/usr/bin/perl', 'generic'],
  ])('takes %s, by its name, for %s', (executable, language) => {
    expect(detect(executable)).toBe(language);
  });

  it.runIf(existsSync('/usr/bin/apt'))('knows a C++ program whose loader has not loaded anything yet', () => {
    expect(detect('/usr/bin/apt')).toBe('cpp');
    expect(detect('/usr/bin/apt', ['/usr/share/dotnet/libcoreclr.so'])).toBe('dotnet');
  });

  it.each([
    ['/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0', 'python'],
    ['/opt/jdk/lib/server/libjvm.so', 'java'],
    ['/usr/lib/libruby-3.1.so.3.1', 'ruby'],
    ['/usr/share/dotnet/libcoreclr.so', 'dotnet'],
    ['/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30', 'generic'],
    ['/usr/lib/x86_64-linux-gnu/libc.so.6', 'generic'],
  ])('takes a program of another name that has loaded %s for %s', (library, language) => {
    expect(
      detect(
        '/srv/app',
        ['/usr/lib/x86_64-linux-gnu/libstdc++.so.6', library].slice(library.includes('libc.') ? 1 : 0),
      ),
    ).toBe(language);
  });

  it.each(['haproxy', 'varnishd', 'h2o', 'beam.smp', 'deno'])('gives %s no language for a library of C++', (name) => {
    // A file that needs the library itself, and a library that has been loaded.
    const executable = join(directory, name);
    copyFileSync(process.execPath, executable);
    expect(detect(executable, ['/usr/lib/x86_64-linux-gnu/libstdc++.so.6'])).toBe('generic');
  });

  it('does not read the libraries of a process that is not selected', () => {
    fake.put(7, { executable: '/srv/app', libraries: ['/opt/jdk/lib/server/libjvm.so'] });
    fake.forbid(7, 'maps');
    fake.forbid(7, 'environ');
    expect(new LanguageDetector(new ProcFs(fake.root)).ofExecutable(7, '/srv/app')).toBe('generic');
  });

  it('reads an executable file once however many processes run it', () => {
    const executable = join(directory, 'app');
    copyFileSync(process.execPath, executable);
    const detector = new LanguageDetector(new ProcFs(fake.root));
    for (const pid of [7, 8, 9]) {
      fake.put(pid, { executable });
      detector.ofSelected(pid, executable);
    }
    expect(detector.filesRead).toBe(1);
  });

  it('knows a stripped Go program, whatever it is called', { timeout: 60_000 }, ({ skip }) => {
    skip(!has('go'), 'optional: needs Go to make a program');
    const program = join(directory, 'node');
    writeFileSync(join(directory, 'main.go'), 'package main\n\nfunc main() {}\n');
    execFileSync('go', ['build', '-ldflags=-s -w', '-o', program, join(directory, 'main.go')], {
      env: { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' },
    });
    expect(detect(program)).toBe('go');
  });

  it('knows a stripped Rust program', { timeout: 60_000 }, ({ skip }) => {
    skip(!has('rustc'), 'optional: needs rustc to make a program');
    const source = join(directory, 'main.rs');
    writeFileSync(source, 'fn main() { println!("{}", std::env::args().count()); }\n');
    execFileSync('rustc', ['-C', 'strip=symbols', '-o', join(directory, 'app'), source]);
    expect(detect(join(directory, 'app'))).toBe('rust');
  });

  it('takes a C program for generic', { timeout: 60_000 }, ({ skip }) => {
    skip(!has('gcc'), 'needs gcc to make a program');
    writeFileSync(join(directory, 'main.c'), 'int main(void) { return 0; }\n');
    execFileSync('gcc', ['-o', join(directory, 'app'), join(directory, 'main.c')]);
    expect(detect(join(directory, 'app'))).toBe('generic');
  });
});

describe('ElfFile.read()', () => {
  function sections(bytes: Uint8Array): string[] {
    const path = join(directory, 'elf');
    writeFileSync(path, bytes);
    const file = openSync(path, 'r');
    try {
      return ElfFile.read(file)?.sections.map(({ name }) => name) ?? [];
    } finally {
      closeSync(file);
    }
  }

  it.runIf(process.platform === 'linux')('lists the sections of the program that runs this test', () => {
    expect(sections(readFileSync(process.execPath))).toEqual(expect.arrayContaining(['.text', '.rodata', '.dynsym']));
  });

  it('answers nothing for any other bytes, and never throws', () => {
    const header = Buffer.alloc(64);
    header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 58, maxLength: 58 }), fc.uint8Array({ maxLength: 256 }), (rest, tail) => {
        expect(Array.isArray(sections(Buffer.concat([header.subarray(0, 6), rest, tail])))).toBe(true);
      }),
    );
    expect(sections(Buffer.from('#!/bin/sh\n'))).toEqual([]);
    expect(sections(Buffer.alloc(0))).toEqual([]);
  });
});

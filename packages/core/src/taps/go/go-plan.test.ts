import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ElfFile } from '../../elf/elf-file.ts';
import type { NoTap, TapPlan } from '../tap-plan.ts';
import { findGoFunctions, type GoFunction } from './function-table.ts';
import { planGoTls } from './go-plan.ts';
import { readGoVersion } from './go-version.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite cannot run here. */
    skipCause?: string;
  }
}

const SOURCE = `package main

import (
	"crypto/tls"
	"os"
)

func main() {
	conn, err := tls.Dial("tcp", os.Args[1], &tls.Config{})
	if err != nil {
		return
	}
	listener := tls.NewListener(nil, &tls.Config{})
	buffer := make([]byte, 10)
	conn.Read(buffer)
	conn.Write(buffer)
	conn.Close()
	listener.Accept()
}
`;

/**
 * Where (*Conn).Read tells how much it has read, by release, and whether arguments are in registers: all of these have no call of
 * (*Reader).Read any more, since the compiler puts it in line, and one call of memmove instead.
 */
const RELEASES: readonly (readonly [release: string, programs: readonly string[]])[] = [
  ...['1.15.15', '1.16.15'].map((release) => [release, stackPrograms()] as const),
  ...['1.17.13', '1.18.10', '1.20.14', '1.21.13', '1.22.12', '1.23.12', '1.24.13', '1.25.5'].map(
    (release) => [release, registerPrograms()] as const,
  ),
];
/** Each builds a whole standard library: only when asked for. */
const isAskedFor = process.env['BEYLA_GO_RELEASES'] === '1';
const HERE = RELEASES.filter(([release]) => isExecutable(join(toolchain(release), 'pkg/tool/linux_amd64/compile')));

const hasGo = spawnSync('go', ['version']).status === 0;
const hasStaticLibraries =
  hasGo && spawnSync('gcc', ['-static', '-x', 'c', '-', '-o', '/dev/null'], { input: 'int main(){}' }).status === 0;
const BUILD_TIMEOUT_MS = 240_000;

let directory: string;

function registerPrograms(): string[] {
  return ['go_tls_read_copy', 'go_tls_read', 'go_tls_write', 'go_tls_handshake', 'go_tls_close'];
}

function stackPrograms(): string[] {
  return registerPrograms().map((program) => `${program}_stack`);
}

/** Where `go mod download golang.org/toolchain@…` puts a release. */
function toolchain(release: string): string {
  return join(homedir(), `go/pkg/mod/golang.org/toolchain@v0.0.1-go${release}.linux-amd64`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function build(name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, go = 'go'): string {
  const path = join(directory, name);
  execFileSync(go, ['build', '-o', path, ...args, join(directory, 'main.go')], {
    cwd: directory,
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-trimpath', GO111MODULE: 'off', CGO_ENABLED: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return path;
}

function withElf<T>(path: string, use: (elf: ElfFile) => T): T {
  const file = openSync(path, 'r');
  try {
    return use(ElfFile.read(file) as ElfFile);
  } finally {
    closeSync(file);
  }
}

/** A tenth of the functions as the linker's symbol table has them; a name that stands for several is left out. */
function functionsByNm(path: string): Map<string, number> {
  const text = execFileSync('nm', [path], { encoding: 'latin1', maxBuffer: 1 << 28 });
  const found = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+) [tT] (\S.*)$/.exec(line);
    if (match === null) continue;
    const [, address, name] = match as unknown as [string, string, string];
    found.set(name, [...(found.get(name) ?? []), Number.parseInt(address, 16)]);
  }
  const single = [...found].flatMap(([name, all]) => (all.length === 1 ? [[name, all[0] as number] as const] : []));
  return new Map(single.filter((_, index) => index % 10 === 0));
}

function probes(path: string): TapPlan {
  const plan: TapPlan | NoTap = withElf(path, planGoTls);
  expect(plan).toMatchObject({ tap: 'go_tls', refused: [] });
  return plan as TapPlan;
}

/** What a probe is put on: a wrong place would show here. */
function codeAt(path: string, offset: number): string {
  return readFileSync(path).toString('hex', offset, offset + 2);
}

describe('planGoTls()', hasGo ? {} : { skip: true, meta: { skipCause: 'optional: needs Go to make programs' } }, () => {
  let plain: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'beyla-go-'));
    writeFileSync(join(directory, 'main.go'), SOURCE);
    plain = build('plain');
  }, BUILD_TIMEOUT_MS);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Every function that nm knows, in a file that may have no symbols. */
  function expectFunctions(path: string, byNm: ReadonlyMap<string, number>): void {
    const found =
      withElf(path, (elf) => findGoFunctions(elf, [...byNm.keys()])) ?? new Map<string, readonly GoFunction[]>();
    // Assembly functions have another name in the symbol table, and C functions are in it only.
    expect(found.size).toBeGreaterThan(300);
    const wrong = [...found].filter(([name, all]) => !all.some(({ address }) => address === byNm.get(name)));
    expect(wrong).toEqual([]);
  }

  it('tells the release that built the program', () => {
    const version = execFileSync('go', ['version', plain], { encoding: 'utf8' }).trim().split(' ').at(-1);
    expect(withElf(plain, readGoVersion)?.text).toBe(version);
  });

  it(
    'finds functions in the table that the runtime uses where nm finds them',
    () => expectFunctions(plain, functionsByNm(plain)),
    BUILD_TIMEOUT_MS,
  );

  it(
    'finds them in a stripped program, and with the section headers wiped as well',
    () => {
      const stripped = build('stripped', ['-ldflags=-s -w']);
      expectFunctions(stripped, functionsByNm(plain));
      const wiped = readFileSync(stripped);
      wiped.fill(0, 40, 48);
      wiped.fill(0, 58, 64);
      writeFileSync(`${stripped}.wiped`, wiped);
      expectFunctions(`${stripped}.wiped`, functionsByNm(plain));
      expect(probes(`${stripped}.wiped`).probes).toEqual(probes(plain).probes);
    },
    BUILD_TIMEOUT_MS,
  );

  it(
    'finds them in a position-independent program, whose pointers are in its relocations',
    () => {
      const pie = build('pie', ['-buildmode=pie']);
      const byNm = functionsByNm(pie);
      expectFunctions(pie, byNm);
      execFileSync('strip', [pie]);
      expectFunctions(pie, byNm);
    },
    BUILD_TIMEOUT_MS,
  );

  it('puts every probe on a stack check or a call, which the kernel emulates', () => {
    const plan = probes(plain);
    expect(plan.goroutineOffset).toBe(-8);
    expect(plan.probes.map(({ kind }) => kind)).toEqual(plan.probes.map(() => 'emulated'));
    for (const { program, offset } of plan.probes) {
      expect(codeAt(plain, offset), program).toMatch(program.startsWith('go_tls_read_') ? /^e8/ : /^(76|0f86)/);
    }
  });

  it.skipIf(!hasStaticLibraries)(
    'knows where the goroutine is beside the thread-local storage of a static C library',
    () => {
      const path = build('static', ['-ldflags=-linkmode external -extldflags -static'], { CGO_ENABLED: '1' });
      const tlsg = /^([0-9a-f]+) \w runtime\.tlsg$/m.exec(
        execFileSync('nm', [path], { encoding: 'latin1', maxBuffer: 1 << 28 }),
      )?.[1] as string;
      const storage = /^ +TLS .* 0x([0-9a-f]+) +R +0x([0-9a-f]+)$/m.exec(
        execFileSync('readelf', ['-lW', path], { encoding: 'latin1' }),
      ) as RegExpExecArray;
      const [size, alignment] = [Number.parseInt(storage[1] as string, 16), Number.parseInt(storage[2] as string, 16)];
      const expected = Number.parseInt(tlsg, 16) - Math.ceil(size / alignment) * alignment;
      expect(expected).not.toBe(-8);
      expect(probes(path).goroutineOffset).toBe(expected);
      execFileSync('strip', [path]);
      expect(probes(path).goroutineOffset).toBe(expected);
    },
    BUILD_TIMEOUT_MS,
  );

  it('has nothing for a program that does not speak TLS, or is none of Go', () => {
    writeFileSync(join(directory, 'main.go'), 'package main\nfunc main() { println("hello") }\n');
    const silent = build('silent');
    writeFileSync(join(directory, 'main.go'), SOURCE);
    expect(withElf(silent, planGoTls)).toMatchObject({ reason: 'none', about: 'a Go program without crypto/tls' });
    expect(withElf(process.execPath, planGoTls)).toMatchObject({ reason: 'none', about: 'not built by Go' });
  });

  it(
    'survives any damage to the table: it answers or has no answer',
    () => {
      const whole = readFileSync(plain);
      const { offset, size } = withElf(plain, (elf) => elf.section('.gopclntab')) as { offset: number; size: number };
      const path = join(directory, 'damaged');
      const damage = fc.tuple(fc.oneof(fc.nat(128), fc.nat(size - 1)), fc.integer({ min: 0, max: 255 }));
      fc.assert(
        fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), (bytes) => {
          const damaged = Buffer.from(whole);
          for (const [at, byte] of bytes) damaged[offset + at] = byte;
          writeFileSync(path, damaged);
          withElf(path, planGoTls);
        }),
        { numRuns: 40 },
      );
    },
    BUILD_TIMEOUT_MS,
  );

  it.for(HERE)('knows the code of Go %s: %j', { timeout: BUILD_TIMEOUT_MS }, ([release, programs], { skip }) => {
    skip(!isAskedFor, 'optional: builds with many releases of Go; BEYLA_GO_RELEASES=1 asks for it');
    const path = build(
      `go${release}`,
      ['-ldflags=-s -w'],
      { GOROOT: toolchain(release) },
      join(toolchain(release), 'bin/go'),
    );
    const plan = probes(path);
    expect([...new Set(plan.probes.map(({ program }) => program))]).toEqual(programs);
    expect(new Set(plan.probes.map(({ kind }) => kind))).toEqual(new Set(['emulated']));
    expect(plan.about).toBe(`go${release}`);
  });
});

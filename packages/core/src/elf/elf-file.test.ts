import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBuildId } from './build-id.ts';
import { ElfFile } from './elf-file.ts';
import { type ElfFunction, findFunctions } from './symbols.ts';

const hasTools = ['gcc', 'nm', 'readelf', 'strip'].every((tool) => spawnSync(tool, ['--version']).status === 0);
const SOURCE = `
int tap_first(int a) { return a + 1; }
int other_tap_first(int a) { return a + 2; }
static int tap_hidden(int a) { return a * 3; }
int (*pointer)(int) = tap_hidden;
int main(void) { return tap_first(1) + pointer(2) + other_tap_first(1); }
`;

let directory: string;
let program: string;
let library: string;

function withElf<T>(path: string, use: (elf: ElfFile) => T): T | undefined {
  const file = openSync(path, 'r');
  try {
    const elf = ElfFile.read(file);
    return elf === undefined ? undefined : use(elf);
  } finally {
    closeSync(file);
  }
}

function functionsOf(path: string, ...names: string[]): ElfFunction[] {
  return withElf(path, (elf) => [...findFunctions(elf, names).values()].flat()) ?? [];
}

function addressesByNm(path: string, ...flags: string[]): Map<string, number> {
  const lines = execFileSync('nm', [...flags, '--defined-only', path], {
    encoding: 'latin1',
    maxBuffer: 1 << 28,
  }).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [address, type, name] = line.split(' ');
      if (address === undefined || name === undefined || !/^[tTwW]$/.test(type ?? '')) return [];
      return [[name.split('@')[0] as string, Number.parseInt(address, 16)] as const];
    }),
  );
}

describe.skipIf(!hasTools)('ElfFile', () => {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'beyla-elf-'));
    program = join(directory, 'program');
    library = join(directory, 'library.so');
    writeFileSync(`${program}.c`, SOURCE);
    execFileSync('gcc', ['-O0', '-Wl,--build-id', '-o', program, `${program}.c`]);
    execFileSync('gcc', ['-O0', '-shared', '-fPIC', '-o', library, `${program}.c`]);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('finds functions where nm does, static ones and names that share their ends, too', () => {
    const byNm = addressesByNm(program);
    const names = ['tap_first', 'other_tap_first', 'tap_hidden', 'main'];
    const found = functionsOf(program, ...names, 'tap_absent');
    expect(Object.fromEntries(found.map(({ name, address }) => [name, address]))).toEqual(
      Object.fromEntries(names.map((name) => [name, byNm.get(name)])),
    );
    expect(found.every(({ size }) => size > 0)).toBe(true);
  });

  it('finds exported functions of a stripped library, and when the section headers are wiped as well', () => {
    const address = addressesByNm(library, '-D').get('tap_first');
    execFileSync('strip', [library]);
    expect(functionsOf(library, 'tap_first')).toMatchObject([{ address }]);
    const wiped = readFileSync(library);
    wiped.fill(0, 40, 48);
    wiped.fill(0, 58, 64);
    writeFileSync(`${library}.wiped`, wiped);
    expect(withElf(`${library}.wiped`, (elf) => elf.sections)).toEqual([]);
    expect(functionsOf(`${library}.wiped`, 'tap_first', 'main')).toHaveLength(2);
    expect(functionsOf(`${library}.wiped`, 'tap_first')).toMatchObject([{ address }]);
  });

  it('reads code where the program has it', () => {
    const [main] = functionsOf(program, 'main');
    const code = withElf(program, (elf) => elf.readAt(main?.address ?? 0, main?.size ?? 0)?.toString('hex'));
    // endbr64 or push rbp, as compilers begin functions without optimisation.
    expect(code).toMatch(/^(f30f1efa)?554889e5/);
    expect(withElf(program, (elf) => elf.offsetOf(2 ** 47))).toBeUndefined();
  });

  it('tells the build id that readelf tells', () => {
    const byReadelf = /Build ID: ([0-9a-f]+)/.exec(
      execFileSync('readelf', ['-n', program], { encoding: 'latin1' }),
    )?.[1];
    expect(withElf(program, readBuildId)).toBe(byReadelf);
    expect(byReadelf).toBeDefined();
  });

  it.skipIf(!existsSync('/usr/lib/x86_64-linux-gnu/libssl.so.3'))('knows the exports of the system’s libssl', () => {
    const path = '/usr/lib/x86_64-linux-gnu/libssl.so.3';
    const byNm = addressesByNm(path, '-D');
    const found = functionsOf(path, ...byNm.keys());
    expect(found).toHaveLength(byNm.size);
    expect(found.filter(({ name, address }) => byNm.get(name) !== address)).toEqual([]);
  });

  it('survives any damage to a file: it answers or has no answer', () => {
    const whole = readFileSync(program);
    const path = join(directory, 'damaged');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(63), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        fc.nat(whole.length),
        (anywhere, header, length) => {
          const damaged = Buffer.from(whole);
          for (const [at, byte] of [...anywhere, ...header]) if (at >= 4) damaged[at] = byte;
          writeFileSync(path, damaged);
          truncateSync(path, Math.max(64, length));
          functionsOf(path, 'main', 'tap_first');
          withElf(path, readBuildId);
        },
      ),
      { numRuns: 400 },
    );
  });
});

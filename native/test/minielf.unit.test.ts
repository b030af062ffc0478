// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folder } from './support.ts';

const work = mkdtempSync(join(tmpdir(), 'beyla-minielf-'));
const walk = join(work, 'walk');
const minielf = join(folder, '../deps/minielf');
const SAMPLES = [join(folder, 'fixtures/ticks.bpf.o'), join(folder, '../build/Release/beyla_native.node')];

beforeAll(() => {
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const sources = [join(minielf, 'minielf.c'), join(folder, 'minielf/walk.c')];
  execFileSync('gcc', ['-g', '-O1', '-D_GNU_SOURCE', ...sanitizers, '-I', minielf, ...sources, '-o', walk]);
}, 60_000);

afterAll(() => {
  rmSync(work, { recursive: true });
});

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });

describe('minielf', () => {
  it.each(SAMPLES)('sees the sections that readelf sees in %s', (sample) => {
    const ours = [...run(walk, sample).matchAll(/^section (\d+) (\w+) (\w+) (.*)$/gm)];
    const theirs = [...run('readelf', '-SW', sample).matchAll(/^ +\[ *(\d+)\] (\S*) +\S+ +\w{16} (\w+) (\w+) /gm)];
    const fields = (rows: RegExpMatchArray[], index: number, offset: number, size: number, name: number): unknown[] =>
      rows.map((row) => [row[index], row[offset], row[size], row[name]]).filter(([, , , text]) => text !== '');
    expect(ours.length).toBeGreaterThan(5);
    expect(fields(ours, 1, 2, 3, 4)).toEqual(fields(theirs, 1, 3, 4, 2));
  });

  it.each(SAMPLES)('sees the symbols that readelf sees in %s', (sample) => {
    const ours = [...run(walk, sample).matchAll(/^symbol (\d+) (\w+) (\d+) (.*)$/gm)].map(
      ([, index, value, size, name = '']) => [index, value, size, name.replace(/@.*/, '')],
    );
    const rows = run('readelf', '-sW', sample).matchAll(/^ +(\d+): (\w{16}) +(\w+) (\w+) +\w+ +\w+ +\S+ ?(.*)$/gm);
    // readelf appends the version to names (in .symtab the linker did already) and gives symbols of sections the section's name.
    const theirs = [...rows].map(([, index, value, size, type, name = '']) => [
      index,
      value,
      String(Number(size)),
      type === 'SECTION' ? '' : name.replace(/@.*/, ''),
    ]);
    expect(ours.length).toBeGreaterThan(5);
    expect(ours).toEqual(theirs);
  });

  it('survives 4,000 damaged files under the address and undefined-behaviour sanitizers', () => {
    const seed = String(Date.now() % 1_000_000);
    const { status, stderr } = spawnSync(walk, ['--fuzz', seed, '4000', SAMPLES[0] ?? ''], { encoding: 'utf8' });
    expect(stderr, `seed ${seed}`).toBe('');
    expect(status).toBe(0);
  }, 60_000);
});

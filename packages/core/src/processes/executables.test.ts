import { linkSync, mkdtempSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessSelector } from '../options/options.ts';
import { FakeProc } from '../testing/fake-proc.ts';
import { Executables } from './executables.ts';
import type { ExecutableDecision } from './process-sink.ts';
import { ProcFs } from './procfs.ts';
import { compileSelectors } from './selector.ts';

describe('Executables', () => {
  let directory: string;
  let fake: FakeProc;
  let told: Map<string, ExecutableDecision | undefined>;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'beyla-executables-'));
    fake = new FakeProc();
    told = new Map();
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
    fake[Symbol.dispose]();
  });

  function file(name: string): string {
    const path = join(directory, name);
    writeFileSync(path, name);
    return path;
  }

  function create(...instrument: ProcessSelector[]): Executables {
    return new Executables(new ProcFs(fake.root), compileSelectors({ instrument }), {
      select: () => undefined,
      addPort: () => undefined,
      deselect: () => undefined,
      decide: (id, decision) => told.set(id, decision),
    });
  }

  it('finds the file that a selector names, under the id that the kernel gives it', async () => {
    const path = file('shop-server');
    await create({ exePath: path, name: 'shop' }).find(() => false);
    const [[id, decision]] = [...told] as [[string, ExecutableDecision]];
    const { ino, ctimeNs, dev } = statSync(path, { bigint: true });
    const key = Buffer.from(id, 'latin1');
    expect(key).toHaveLength(40);
    expect(key.readBigUInt64LE(0)).toBe(ino);
    expect(key.readBigInt64LE(8) * 1_000_000_000n + BigInt(key.readUInt32LE(16))).toBe(ctimeNs);
    // Of a device with small numbers stat(2) shows major << 8 | minor, and the kernel has major << 20 | minor.
    const device = key.readUInt32LE(20);
    expect([device >>> 20, device & 0xf_ffff]).toEqual([Number((dev >> 8n) & 0xfffn), Number(dev & 0xffn)]);
    expect(key.toString('latin1', 24)).toBe('shop-serp-server');
    expect(decision).toEqual({ isSelected: true, isByPort: false, isUnwanted: false });
  });

  it('knows a file by its whole name where that is short', async () => {
    await create({ exePath: file('shop'), name: 'shop' }).find(() => false);
    const [[id]] = [...told] as [[string, ExecutableDecision]];
    expect(id.slice(24)).toBe('shop'.padEnd(16, '\0'));
  });

  it('finds what is on the path, through links, before it is executed', async () => {
    const path = file('shop-server');
    const link = join(directory, 'shop');
    symlinkSync(path, link);
    const before = process.env['PATH'];
    process.env['PATH'] = directory;
    try {
      await create({ exePath: '*/shop-server' }).find(() => false);
    } finally {
      process.env['PATH'] = before;
    }
    expect(told.size).toBe(1);
  });

  it('learns what an id stands for from the process that has executed it, if that still does', async () => {
    const [path, other] = [file('shop'), file('other')];
    const named = create({ exePath: path });
    await named.find(() => false);
    const [id] = told.keys() as Iterable<string>;
    told.clear();
    const executables = create({ exePath: '*/shop' }, { exePath: '*/other' });
    fake.put(7, { executable: other });
    executables.learn(id as string, 7);
    expect([...told]).toEqual([]);
    fake.put(7, { executable: path });
    executables.learn(id as string, 7);
    expect(told.get(id as string)?.isSelected).toBe(true);
  });

  it('tells the kernel to forget a file that was another one after all, and decides about it no more', async () => {
    const path = file('shop');
    const executables = create({ exePath: path });
    await executables.find(() => false);
    const [id] = told.keys() as Iterable<string>;
    executables.distrust(id as string);
    expect(told.get(id as string)).toBeUndefined();
    fake.put(7, { executable: path });
    executables.learn(id as string, 7);
    executables.seen(7, path);
    expect(told.get(id as string)).toBeUndefined();
    expect(executables.size).toBe(0);
  });

  it('takes a file that was changed for another one', async () => {
    const path = file('shop');
    await create({ exePath: path }).find(() => false);
    linkSync(path, `${path}-too`);
    unlinkSync(`${path}-too`);
    await create({ exePath: path }).find(() => false);
    expect(told.size).toBe(2);
  });
});

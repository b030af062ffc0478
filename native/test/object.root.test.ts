// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { NativeError } from '../index.d.ts';
import { bpfDescriptors } from './bpf-descriptors.ts';
import { native, openTicks, ownProcess, type Ticks, tickNumbers, ticksElf, u32, u64 } from './support.ts';
import { getppidInLibc } from './uprobe-target.ts';

let ticks: Ticks | undefined;

afterEach(() => {
  ticks?.close();
  ticks = undefined;
});

function numbersOnRing(ring: Ticks['ring']): number[] {
  const target = new Uint8Array(4096);
  return tickNumbers(target.subarray(0, native.drainRing(ring, target)), 16);
}

describe('loadObject()', () => {
  it('fails with the errno and the verifier output of the program that was refused', () => {
    const object = native.openObject(ticksElf(), { name: 'refused' });
    let failure: NativeError | undefined;
    try {
      native.loadObject(object);
    } catch (error) {
      failure = error as NativeError;
    }
    expect(failure).toMatchObject({ name: 'NativeError', operation: 'loadObject' });
    expect(failure?.errno).toBeGreaterThan(0);
    expect(failure?.log).toContain("prog 'rejected'");
    expect(failure?.log).toMatch(/processed \d+ insns/);
    native.closeObject(object);
  });

  it('is done once, also when another thread has begun it', async () => {
    const object = native.openObject(ticksElf(), { name: 'ahead', disabledPrograms: ['rejected'] });
    const ahead = native.loadObjectAhead(object);
    native.loadObject(object);
    const [first] = native.programs(object);
    await ahead;
    await native.loadObjectAhead(object);
    expect(first?.id).toBeGreaterThan(0);
    expect(native.programs(object)[0]?.id).toBe(first?.id);
    native.closeObject(object);
  });

  it('on another thread fails with the same error', async () => {
    const object = native.openObject(ticksElf(), { name: 'refused' });
    const failure: NativeError = await native.loadObjectAhead(object).then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(failure).toMatchObject({ name: 'NativeError', operation: 'loadObject' });
    expect(failure.log).toMatch(/processed \d+ insns/);
    expect(() => native.loadObject(object)).toThrow(failure.message);
    native.closeObject(object);
  });

  it('leaves nothing of an object that is closed meanwhile', async () => {
    const before = bpfDescriptors();
    for (let i = 0; i < 20; i++) {
      const object = native.openObject(ticksElf(), { name: 'closed', disabledPrograms: ['rejected'] });
      const ahead = native.loadObjectAhead(object);
      native.closeObject(object);
      const outcome = await ahead.then(
        () => 'loaded',
        (error: NativeError) => error.errno,
      );
      expect(['loaded', constants.errno.ECANCELED]).toContain(outcome);
    }
    expect(bpfDescriptors()).toBe(before);
  });

  it('gives loaded programs their id, and disabled ones none', () => {
    ticks = openTicks();
    const byName = new Map(native.programs(ticks.object).map((program) => [program.name, program]));
    expect(byName.get('tick_on_rename')?.id).toBeGreaterThan(0);
    expect(byName.get('tick_on_rename')?.fd).toBeGreaterThan(0);
    expect(byName.get('rejected')).toMatchObject({ id: 0, fd: -1 });
  });

  it('puts constants into .rodata and sizes maps before they are created', () => {
    const object = native.openObject(ticksElf(), {
      name: 'sized',
      disabledPrograms: ['rejected'],
      maxEntries: { ring: 16384, hash: 3 },
      constants: { ...ownProcess(), magic: u64(0xfeedn) },
    });
    native.loadObject(object);
    const ring = native.openRing(native.map(object, 'ring'));
    const link = native.attach(object, 'tick_on_rename');
    process.title = 'sized';
    const target = new Uint8Array(64);
    expect(native.drainRing(ring, target)).toBe(16);
    expect(new DataView(target.buffer).getBigUint64(0, true)).toBe(0xfeedn);
    expect(native.ringFill(ring)).toEqual({ pendingBytes: 0, sizeBytes: 16384 });
    expect(native.mapInfo(native.map(object, 'hash'))).toMatchObject({
      name: 'hash',
      maxEntries: 3,
      keySize: 4,
      valueSize: 8,
    });
    native.closeLink(link);
    native.closeRing(ring);
    native.closeObject(object);
  });

  it('shares a map that another object loaded', () => {
    ticks = openTicks();
    const shared = native.map(ticks.object, 'ring');
    const second = native.openObject(ticksElf(), {
      name: 'second',
      disabledPrograms: ['rejected'],
      sharedMaps: { ring: shared },
      constants: { ...ownProcess(), magic: u64(2n) },
    });
    native.loadObject(second);
    expect(native.mapInfo(native.map(second, 'ring')).id).toBe(native.mapInfo(shared).id);
    const link = native.attach(second, 'tick_on_rename');
    ticks.tick();
    expect(numbersOnRing(ticks.ring)).toEqual([0, 0]);
    native.closeLink(link);
    native.closeObject(second);
  });
});

describe('maps', () => {
  it('hold what is written, tell "no such key" from an error, and walk their keys', () => {
    ticks = openTicks();
    const hash = native.map(ticks.object, 'hash');
    const value = new Uint8Array(8);
    expect(native.mapLookup(hash, u32(1), value)).toBe(false);
    native.mapUpdate(hash, u32(1), u64(11n));
    native.mapUpdate(hash, u32(2), u64(22n), 1);
    expect(native.mapLookup(hash, u32(1), value)).toBe(true);
    expect(value).toEqual(u64(11n));
    expect(() => native.mapUpdate(hash, u32(2), u64(0n), 1)).toThrow(expect.objectContaining({ errno: 17 }));
    expect(() => native.mapUpdate(hash, u32(3), u64(0n), 2)).toThrow(expect.objectContaining({ errno: 2 }));

    const keys: number[] = [];
    const next = new Uint8Array(4);
    for (let more = native.mapNextKey(hash, null, next); more; more = native.mapNextKey(hash, next.slice(), next)) {
      keys.push(new DataView(next.buffer).getUint32(0, true));
    }
    expect(keys.sort()).toEqual([1, 2]);
    expect(native.mapDelete(hash, u32(1))).toBe(true);
    expect(native.mapDelete(hash, u32(1))).toBe(false);
    expect(native.mapInfo(hash).memoryBytes).toBeGreaterThan(0);
  });

  it('refuse keys and values of another size, and flags that do not exist', () => {
    ticks = openTicks();
    const hash = native.map(ticks.object, 'hash');
    expect(() => native.mapLookup(hash, new Uint8Array(3), new Uint8Array(8))).toThrow(RangeError);
    expect(() => native.mapLookup(hash, new Uint8Array(4), new Uint8Array(7))).toThrow(RangeError);
    expect(() => native.mapUpdate(hash, u32(1), new Uint8Array(16))).toThrow(RangeError);
    expect(() => native.mapUpdate(hash, u32(1), u64(1n), 3)).toThrow(RangeError);
    expect(() => native.mapNextKey(hash, u32(1), new Uint8Array(8))).toThrow(RangeError);
    expect(() => native.mapLookup(hash, [1, 0, 0, 0] as never, new Uint8Array(8))).toThrow(TypeError);
  });

  it('of the per-CPU kind are read for all CPUs at once', () => {
    ticks = openTicks();
    const lost = native.map(ticks.object, 'lost');
    expect(native.mapValueBytes(lost) % 8).toBe(0);
    const value = new Uint8Array(native.mapValueBytes(lost)).fill(0xff);
    expect(native.mapLookup(lost, u32(0), value)).toBe(true);
    expect(value.some((byte) => byte !== 0)).toBe(false);
  });

  it('outlive their object', () => {
    const closed = openTicks();
    const hash = native.map(closed.object, 'hash');
    closed.close();
    native.mapUpdate(hash, u32(5), u64(55n));
    expect(native.mapLookup(hash, u32(5), new Uint8Array(8))).toBe(true);
    native.closeMap(hash);
    expect(() => native.mapInfo(hash)).toThrow(new TypeError('the map handle is closed'));
  });
});

describe('links', () => {
  it('stop the program when they are closed', () => {
    ticks = openTicks();
    ticks.tick();
    native.closeLink(ticks.link);
    ticks.tick();
    expect(numbersOnRing(ticks.ring)).toEqual([0]);
  });

  it('outlive their object', () => {
    const orphan = openTicks();
    native.closeObject(orphan.object);
    orphan.tick();
    expect(numbersOnRing(orphan.ring)).toEqual([0]);
    orphan.close();
  });

  it('of uprobes run the program at the offset, by perf event and by uprobe_multi', () => {
    ticks = openTicks();
    const { path, offset } = getppidInLibc();
    const target = { path, offsets: [offset], pid: process.pid, return: false };
    const perf = native.attachUprobe(ticks.object, 'tick_on_call', { ...target, multi: false });
    expect(process.ppid).toBeGreaterThan(0);
    expect(numbersOnRing(ticks.ring)).toEqual([0]);
    native.closeLink(perf);

    const multi = native.attachUprobe(ticks.object, 'tick_on_calls', { ...target, cookies: [5n], multi: true });
    expect(process.ppid).toBeGreaterThan(0);
    expect(process.ppid).toBeGreaterThan(0);
    expect(numbersOnRing(ticks.ring)).toEqual([1, 2]);
    native.closeLink(multi);
    expect(process.ppid).toBeGreaterThan(0);
    expect(numbersOnRing(ticks.ring)).toEqual([]);
  });

  it('of uprobes are uprobe_multi for every program of an object that was opened so', () => {
    const { path, offset } = getppidInLibc();
    const target = { path, offsets: [offset], pid: process.pid, return: false, multi: true };
    ticks = openTicks();
    const { object } = ticks;
    expect(() => native.attachUprobe(object, 'tick_on_call', target)).toThrow(
      expect.objectContaining({ operation: 'attachUprobe', errno: 22 }),
    );
    ticks.close();

    ticks = openTicks({ uprobeMulti: true });
    const link = native.attachUprobe(ticks.object, 'tick_on_call', target);
    expect(process.ppid).toBeGreaterThan(0);
    expect(numbersOnRing(ticks.ring)).toEqual([0]);
    native.closeLink(link);
  });

  it('are closed by closeLinks() off the event loop, and count as closed at once', async () => {
    const { path, offset } = getppidInLibc();
    ticks = openTicks();
    const target = { path, offsets: [offset], pid: process.pid, return: false, multi: false };
    const links = Array.from({ length: 20 }, () =>
      native.attachUprobe((ticks as Ticks).object, 'tick_on_call', target),
    );
    const closing = native.closeLinks([links.slice(0, 2), [], links.slice(2)]);
    for (const link of links) native.closeLink(link);
    await expect(closing).resolves.toBeUndefined();
    expect(process.ppid).toBeGreaterThan(0);
    expect(numbersOnRing(ticks.ring)).toEqual([]);
    await expect(native.closeLinks([])).resolves.toBeUndefined();
    expect(() => native.closeLinks([[ticks?.object as never]])).toThrow(new TypeError('expected a link handle'));
  });

  it('of uprobes on a file that is not there fail with ENOENT', () => {
    ticks = openTicks();
    const target = { path: '/nonexistent/lib.so', offsets: [0], pid: -1, return: false, multi: false };
    const { object } = ticks;
    expect(() => native.attachUprobe(object, 'tick_on_call', target)).toThrow(
      expect.objectContaining({ operation: 'attachUprobe', errno: 2 }),
    );
  });

  it('of enableStats() make the kernel count runs', () => {
    ticks = openTicks();
    const stats = native.enableStats();
    ticks.tick();
    native.closeLink(stats);
    const program = native.programs(ticks.object).find(({ name }) => name === 'tick_on_rename');
    expect(program?.runCount).toBeGreaterThan(0);
    expect(program?.runTimeNs).toBeGreaterThan(0);
  });
});

describe('probes', () => {
  it('tell what the kernel has from what it has not', () => {
    expect(native.kernelHas('tracepoint', 'task_rename')).toBe(true);
    expect(native.kernelHas('tracepoint', 'no_such_tracepoint')).toBe(false);
    expect(native.kernelHas('struct', 'task_struct')).toBe(true);
    expect(native.kernelHas('function', 'no_such_function')).toBe(false);
    expect(native.probeProgramType('tp_btf', 'task_rename')).toBe(0);
    expect(native.probeProgramType('tp_btf', 'no_such_tracepoint')).toBe(2);
    expect(native.probeProgramType('raw_tp')).toBe(0);
  });
});

describe('closing', () => {
  it('leaves no descriptor behind after 100 cycles of everything', () => {
    const before = bpfDescriptors();
    for (let cycle = 0; cycle < 100; cycle++) {
      const cycled = openTicks();
      native.watchRing(cycled.ring, () => {});
      cycled.tick();
      cycled.close();
    }
    expect(bpfDescriptors()).toBe(before);
  });

  it('leaves no descriptor behind when load fails', () => {
    const before = bpfDescriptors();
    const object = native.openObject(ticksElf(), { name: 'refused' });
    expect(() => native.loadObject(object)).toThrow();
    native.closeObject(object);
    expect(bpfDescriptors()).toBe(before);
  });
});

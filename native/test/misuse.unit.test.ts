// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import type { MapHandle, NativeError, ObjectHandle, OpenOptions, RingHandle } from '../index.d.ts';
import { native, ticksElf, u32 } from './support.ts';

const opened: ObjectHandle[] = [];

function open(options: Partial<OpenOptions> = {}): ObjectHandle {
  const object = native.openObject(ticksElf(), { name: 'ticks', ...options });
  opened.push(object);
  return object;
}

afterEach(() => {
  for (const object of opened.splice(0)) native.closeObject(object);
});

function errorOf(action: () => unknown): NativeError {
  try {
    action();
  } catch (error) {
    return error as NativeError;
  }
  throw new Error('nothing was thrown');
}

describe('handles', () => {
  it('of another kind are refused with a TypeError', () => {
    const object = open();
    expect(() => native.mapInfo(object as never)).toThrow(new TypeError('expected a map handle'));
    expect(() => native.closeLink(object as never)).toThrow(new TypeError('expected a link handle'));
    expect(() => native.ringFill(object as never)).toThrow(new TypeError('expected a ring handle'));
  });

  it.each([undefined, null, 7, 'ring', {}, [], () => {}, new Proxy({}, {})])('are never taken from %o', (impostor) => {
    expect(() => native.loadObject(impostor as never)).toThrow(TypeError);
    expect(() => native.loadObjectAhead(impostor as never)).toThrow(TypeError);
    expect(() => native.closeObject(impostor as never)).toThrow(TypeError);
    expect(() => native.drainRing(impostor as never, new Uint8Array(8))).toThrow(TypeError);
  });

  it('do not pass their tag on to objects that inherit from them', () => {
    expect(() => native.programs(Object.create(open()))).toThrow(TypeError);
  });

  it('are refused with a TypeError once they are closed, and closing again is harmless', () => {
    const object = open();
    native.closeObject(object);
    native.closeObject(object);
    expect(() => native.loadObject(object)).toThrow(new TypeError('the object handle is closed'));
    expect(() => native.programs(object)).toThrow(TypeError);
    expect(() => native.map(object, 'ring')).toThrow(TypeError);
  });
});

describe('openObject()', () => {
  it('says what is wrong with bytes that are no ELF file', () => {
    const error = errorOf(() => native.openObject(new Uint8Array(64), { name: 'zeros' }));
    expect(error).toMatchObject({ name: 'NativeError', operation: 'openObject' });
    expect(error.message).toContain('zeros');
    expect(error.log).toContain('libbpf');
  });

  it('survives every truncation of an object, and each byte of its header changed', () => {
    const elf = ticksElf();
    const damaged = [];
    for (let length = 0; length < elf.length; length += 61) damaged.push(elf.slice(0, length));
    for (let at = 0; at < 64; at++) {
      const copy = elf.slice();
      copy[at] = ~(copy[at] ?? 0);
      damaged.push(copy);
    }
    let refused = 0;
    for (const bytes of damaged) {
      try {
        native.closeObject(native.openObject(bytes, { name: 'damaged' }));
      } catch (error) {
        expect(error).toMatchObject({ name: 'NativeError' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(damaged.length / 2);
  });

  it.each([
    ['maxEntries', { maxEntries: { nothing: 1 } }],
    ['disabledPrograms', { disabledPrograms: ['nothing'] }],
    ['constants', { constants: { nothing: u32(1) } }],
  ])('refuses a name in %s that the object does not have', (_, options) => {
    const error = errorOf(() => open(options));
    expect(error).toMatchObject({ operation: 'openObject', errno: 2 });
    expect(error.message).toContain('nothing');
  });

  it('refuses a constant of another size than its variable', () => {
    expect(() => open({ constants: { target_pid: new Uint8Array(8) } })).toThrow(
      new RangeError('target_pid must have 4 bytes, not 8'),
    );
  });

  it('refuses options of the wrong type by their name', () => {
    expect(() => open({ name: 7 as never })).toThrow(new TypeError('name must be a string'));
    expect(() => open({ disabledPrograms: 'rejected' as never })).toThrow(TypeError);
    expect(() => open({ sharedMaps: { ring: {} as MapHandle } })).toThrow(new TypeError('expected a map handle'));
    expect(() => open({ maxEntries: { ring: 4096.5 } })).toThrow(RangeError);
    expect(() => native.openObject('elf' as never, { name: 'ticks' })).toThrow(
      new TypeError('elf must be a Uint8Array'),
    );
    expect(() => native.openObject(ticksElf(), undefined as never)).toThrow(TypeError);
  });

  it('passes an exception of a getter in the options on', () => {
    const options = {
      get name(): string {
        throw new Error('from the getter');
      },
    };
    expect(() => native.openObject(ticksElf(), options)).toThrow('from the getter');
  });
});

describe('an object that is not loaded', () => {
  it('lists its programs without kernel facts', () => {
    const facts = { fd: -1, id: 0, runCount: 0, runTimeNs: 0, recursionMisses: 0, verifiedInstructions: 0 };
    expect(native.programs(open())).toContainEqual({ name: 'tick_on_rename', section: 'tp_btf/task_rename', ...facts });
    expect(native.mapNames(open())).toEqual(expect.arrayContaining(['ring', 'hash', 'lost']));
  });

  it('has no maps and attaches nothing', () => {
    expect(errorOf(() => native.map(open(), 'ring'))).toMatchObject({ operation: 'map', errno: 9 });
    expect(errorOf(() => native.map(open(), 'nothing'))).toMatchObject({ operation: 'map', errno: 2 });
    expect(errorOf(() => native.attach(open(), 'tick_on_rename'))).toMatchObject({ operation: 'attach', errno: 9 });
    expect(errorOf(() => native.attach(open(), 'nothing'))).toMatchObject({ operation: 'attach', errno: 2 });
  });
});

describe('attachUprobe()', () => {
  const target = { path: '/bin/true', offsets: [0], pid: -1, return: false, multi: false };

  it.each([
    ['no offsets', { offsets: [] }],
    ['several offsets of a perf uprobe', { offsets: [1, 2] }],
    ['a negative offset', { offsets: [-1] }],
    ['a fraction of an offset', { offsets: [0.5] }],
    ['more cookies than offsets', { cookies: [1n, 2n] }],
    ['a cookie beyond 64 bits', { cookies: [1n << 64n] }],
    ['a pid below -1', { pid: -2 }],
  ])('refuses %s with a RangeError', (_, change) => {
    expect(() => native.attachUprobe(open(), 'tick_on_call', { ...target, ...change })).toThrow(RangeError);
  });

  it('refuses a target of another shape with a TypeError', () => {
    expect(() => native.attachUprobe(open(), 'tick_on_call', { ...target, path: 1 as never })).toThrow(TypeError);
    expect(() => native.attachUprobe(open(), 'tick_on_call', { ...target, offsets: 1 as never })).toThrow(TypeError);
    expect(() => native.attachUprobe(open(), 'tick_on_call', undefined as never)).toThrow(TypeError);
  });
});

describe('host verbs', () => {
  it('clockAnchor() pairs the clocks within its own uncertainty', () => {
    const before = native.monotonicNs();
    const anchor = native.clockAnchor();
    const after = native.monotonicNs();
    expect(anchor.monotonicNs).toBeGreaterThanOrEqual(before);
    expect(anchor.monotonicNs).toBeLessThanOrEqual(after);
    expect(anchor.uncertaintyNs).toBeGreaterThan(0);
    expect(anchor.uncertaintyNs).toBeLessThanOrEqual(Number(after - before));
    expect(Math.abs(Number(anchor.realtimeNs / 1_000_000n) - Date.now())).toBeLessThan(1000);
  });

  it('monotonicNs() is the clock of process.hrtime', () => {
    const before = process.hrtime.bigint();
    const now = native.monotonicNs();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(process.hrtime.bigint());
  });

  it('names the libbpf it was built with, and refuses unknown kinds', () => {
    expect(native.libbpfVersion()).toBe('1.5');
    expect(typeof native.effectiveCapabilities()).toBe('bigint');
    expect(() => native.kernelHas('union' as never, 'x')).toThrow(TypeError);
    expect(() => native.probeProgramType('xdp' as never)).toThrow(TypeError);
  });

  it('openRing() and watchRing() refuse what is not their handle', () => {
    expect(() => native.openRing(open() as never)).toThrow(new TypeError('expected a map handle'));
    expect(() => native.watchRing({} as RingHandle, () => {})).toThrow(TypeError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FakeMap, fakeMaps } from '../testing/fake-maps.ts';
import { PidTable } from './pid-table.ts';

const SIZE = 65_536;

/** What bpf/lib/pid_table.h does: the first place decides unless it is taken by another. */
function kernelHas(map: FakeMap, pid: number): boolean {
  const at = (place: number): bigint => {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(place);
    const value = map.entries.get(key.toString('hex'));
    return value === undefined ? 0n : Buffer.from(value, 'hex').readBigUInt64LE();
  };
  const first = at(pid % SIZE);
  if (first === 0n) return false;
  return first === BigInt(pid) || at(Math.imul(pid, 0x9e3779b1) >>> 16) === BigInt(pid);
}

describe('PidTable', () => {
  it('holds what was added and not removed, as the kernel looks it up, whatever collides', () => {
    // Few residues and a large range: collisions in the first place are the rule here.
    const pid = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 63 }))
      .map(([low, high]) => low + high * SIZE);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), pid), { maxLength: 60 }), (steps) => {
        const { native, create } = fakeMaps();
        const map = create();
        const table = new PidTable(native, map.handle, create().handle);
        const expected = new Set<number>();
        for (const [add, candidate] of steps) {
          if (add) {
            if (table.add(candidate)) expected.add(candidate);
          } else {
            table.remove(candidate);
            expected.delete(candidate);
          }
          for (const [, each] of steps) expect(kernelHas(map, each)).toBe(expected.has(each));
        }
      }),
    );
  });

  it('refuses a pid when both its places are taken by others', () => {
    const { native, create } = fakeMaps();
    const table = new PidTable(native, create().handle, create().handle);
    const wanted = 1;
    const second = Math.imul(wanted, 0x9e3779b1) >>> 16;
    expect(table.add(wanted + SIZE)).toBe(true);
    expect(table.add(second)).toBe(true);
    expect(table.add(wanted)).toBe(false);
  });

  it('does not share a place with a pid that another CPU is just putting in', () => {
    const { native, create } = fakeMaps();
    const [map, owners] = [create(), create()];
    const [wanted, other] = [1, 1 + SIZE];
    // The kernel side has taken the place, and has not written it yet.
    owners.entries.set('01000000', Buffer.from(new Uint32Array([other]).buffer).toString('hex'));
    const table = new PidTable(native, map.handle, owners.handle);
    expect(table.add(wanted)).toBe(true);
    map.entries.set('01000000', Buffer.from(new BigUint64Array([BigInt(other)]).buffer).toString('hex'));
    expect([kernelHas(map, wanted), kernelHas(map, other)]).toEqual([true, true]);
    table.remove(wanted);
    expect([kernelHas(map, wanted), kernelHas(map, other)]).toEqual([false, true]);
    expect(owners.entries.size).toBe(1);
  });

  it('needs no owners where every pid has a place of its own', () => {
    const { native, create } = fakeMaps();
    const map = create();
    const table = new PidTable(native, map.handle, undefined);
    for (const pid of [1, 2, 32_767]) expect(table.add(pid)).toBe(true);
    table.remove(2);
    expect([1, 2, 32_767].map((pid) => kernelHas(map, pid))).toEqual([true, false, true]);
  });
});

import type { MapHandle, MapInfo } from '@beyla/native';
import { describe, expect, it } from 'vitest';
import type { Native } from './binding.ts';
import { mapFillOf } from './map-fill.ts';

const MAP = {} as MapHandle;
const INFO: MapInfo = { name: 'ports', id: 3, type: 1, keySize: 4, valueSize: 8, maxEntries: 16, memoryBytes: 0 };

/** A map with the keys 0 to count − 1; `restarts` makes it forget where it was once, as the kernel does when a key is gone. */
function nativeWith(count: number, restarts = false): Native {
  let left = restarts ? 1 : 0;
  const mapNextKey = (_: MapHandle, key: Uint8Array | null, next: Uint8Array): boolean => {
    let index = key === null ? 0 : new DataView(key.buffer).getUint32(0, true) + 1;
    if (index === 3 && left > 0) [index, left] = [0, 0];
    if (index >= count) return false;
    new DataView(next.buffer).setUint32(0, index, true);
    return true;
  };
  return { mapNextKey } as unknown as Native;
}

describe('mapFillOf()', () => {
  it.each([0, 1, 5, 16])('counts %i keys', (count) => {
    expect(mapFillOf(nativeWith(count), MAP, INFO)).toEqual({
      name: 'ports',
      id: 3,
      type: 'hash',
      entries: count,
      maxEntries: 16,
    });
  });

  it('never counts more than there is room for', () => {
    expect(mapFillOf(nativeWith(15, true), MAP, INFO).entries).toBe(16);
  });

  it('does not count what would take too long, and of arrays there is nothing to count', () => {
    expect(mapFillOf(nativeWith(70_000), MAP, { ...INFO, maxEntries: 100_000 }).entries).toBeUndefined();
    expect(mapFillOf(nativeWith(60_000), MAP, { ...INFO, maxEntries: 100_000 }).entries).toBe(60_000);
    expect(mapFillOf(nativeWith(4), MAP, { ...INFO, type: 2 })).toMatchObject({ type: 'array', entries: undefined });
  });
});

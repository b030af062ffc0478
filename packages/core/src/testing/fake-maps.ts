import type { MapHandle } from '@beyla/native';
import type { Native } from '../kernel/binding.ts';

/** A map of the kernel, in memory. */
export interface FakeMap {
  readonly handle: MapHandle;
  /** Key and value as hex. */
  readonly entries: Map<string, string>;
}

/** `mapLookup`, `mapUpdate`, `mapNextKey` and `mapDelete` over plain maps; `maxEntries` makes an update fail as the kernel does. */
export function fakeMaps(): { native: Native; create(maxEntries?: number): FakeMap } {
  const maps = new Map<MapHandle, { entries: Map<string, string>; maxEntries: number }>();
  const of = (handle: MapHandle): { entries: Map<string, string>; maxEntries: number } => {
    const map = maps.get(handle);
    if (map === undefined) throw new TypeError('not a map');
    return map;
  };
  const verbs = {
    mapLookup(handle: MapHandle, key: Uint8Array, value: Uint8Array): boolean {
      const found = of(handle).entries.get(Buffer.from(key).toString('hex'));
      value.fill(0);
      if (found !== undefined) value.set(Buffer.from(found, 'hex'));
      return found !== undefined;
    },
    mapUpdate(handle: MapHandle, key: Uint8Array, value: Uint8Array, flags = 0): void {
      const { entries, maxEntries } = of(handle);
      const name = Buffer.from(key).toString('hex');
      if (flags === 1 && entries.has(name)) throw Object.assign(new Error('it exists'), { errno: 17 });
      if (!entries.has(name) && entries.size >= maxEntries) throw Object.assign(new Error('full'), { errno: 7 });
      entries.set(name, Buffer.from(value).toString('hex'));
    },
    mapNextKey(handle: MapHandle, key: Uint8Array | null, next: Uint8Array): boolean {
      const keys = [...of(handle).entries.keys()];
      const found = keys[key === null ? 0 : keys.indexOf(Buffer.from(key).toString('hex')) + 1];
      if (found !== undefined) next.set(Buffer.from(found, 'hex'));
      return found !== undefined;
    },
    mapDelete(handle: MapHandle, key: Uint8Array): boolean {
      return of(handle).entries.delete(Buffer.from(key).toString('hex'));
    },
  };
  return {
    native: verbs as unknown as Native,
    create(maxEntries = Number.POSITIVE_INFINITY): FakeMap {
      const handle = {} as MapHandle;
      const entries = new Map<string, string>();
      maps.set(handle, { entries, maxEntries });
      return { handle, entries };
    },
  };
}

import type { MapHandle, MapInfo, RingHandle } from '@beyla/native';
import type { Native } from './binding.ts';

/**
 * How full a BPF map is.
 *
 * @public
 */
export interface BpfMapFill {
  readonly name: string;
  /** The kernel's number of it. */
  readonly id: number;
  /** As in `enum bpf_map_type`, lower case: `hash`, `ringbuf`. */
  readonly type: string;
  /** Keys in use; for a ring the bytes that wait. Undefined where it cannot be told at little cost, and for arrays. */
  readonly entries: number | undefined;
  /** Room for keys; for a ring its size in bytes. */
  readonly maxEntries: number;
}

/** Keys are counted one call each, about half a microsecond: a map with more is not counted. */
const MOST_KEYS = 65_536;

/** `enum bpf_map_type` (include/uapi/linux/bpf.h), as far as there are such maps here. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'hash',
  2: 'array',
  5: 'percpu_hash',
  6: 'percpu_array',
  9: 'lru_hash',
  10: 'lru_percpu_hash',
  27: 'ringbuf',
};
const HAS_KEYS: ReadonlySet<string> = new Set(['hash', 'percpu_hash', 'lru_hash', 'lru_percpu_hash']);

export function mapFillOf(native: Native, map: MapHandle, info: MapInfo): BpfMapFill {
  const { name, id, maxEntries } = info;
  const type = TYPES[info.type] ?? String(info.type);
  return { name, id, type, entries: HAS_KEYS.has(type) ? countKeys(native, map, info) : undefined, maxEntries };
}

/** A ring tells itself what waits in it. */
export function ringFillOf(native: Native, ring: RingHandle, { name, id }: MapInfo): BpfMapFill {
  const { pendingBytes, sizeBytes } = native.ringFill(ring);
  return { name, id, type: 'ringbuf', entries: pendingBytes, maxEntries: sizeBytes };
}

/** A key that goes away while it is the last one seen makes the kernel begin anew: never more than there is room for. */
function countKeys(native: Native, map: MapHandle, { keySize, maxEntries }: MapInfo): number | undefined {
  const most = Math.min(maxEntries, MOST_KEYS);
  let [key, next] = [new Uint8Array(keySize), new Uint8Array(keySize)];
  let count = 0;
  while (count < most && native.mapNextKey(map, count === 0 ? null : key, next)) {
    [key, next] = [next, key];
    count += 1;
  }
  return count === MOST_KEYS && maxEntries > MOST_KEYS ? undefined : count;
}

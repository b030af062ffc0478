import type { MapHandle } from '@beyla/native';
import { COUNTER } from '../events/layout.gen.ts';
import type { Native } from './binding.ts';

/** Sums the per-CPU counters of the BPF side (bpf/event.h: enum counter), by lower-case name. */
export function readKernelCounters(native: Native, map: MapHandle): Record<string, number> {
  const key = new Uint32Array(1);
  const keyBytes = new Uint8Array(key.buffer);
  const values = new BigUint64Array(native.mapValueBytes(map) / 8);
  const valueBytes = new Uint8Array(values.buffer);
  const sums: Record<string, number> = {};
  for (const [name, index] of Object.entries(COUNTER)) {
    if (index === COUNTER.MAX) continue;
    key[0] = index;
    native.mapLookup(map, keyBytes, valueBytes);
    sums[name.toLowerCase()] = Number(values.reduce((sum, value) => sum + value, 0n));
  }
  return sums;
}

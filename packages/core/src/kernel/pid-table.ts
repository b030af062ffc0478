import type { MapHandle } from '@beyla/native';
import type { Native } from './binding.ts';

/** As in bpf/lib/pid_table.h. */
const SIZE = 65_536;
const GOLDEN_RATIO = 0x9e3779b1;
const EMPTY = 0n;
const TOMBSTONE = 1n << 32n;

/** User space's hand on the kernel's set of selected processes (bpf/lib/pid_table.h says how it is laid out). */
export class PidTable {
  readonly #native: Native;
  readonly #map: MapHandle;
  readonly #key = new Uint32Array(1);
  readonly #value = new BigUint64Array(1);
  readonly #keyBytes = new Uint8Array(this.#key.buffer);
  readonly #valueBytes = new Uint8Array(this.#value.buffer);

  constructor(native: Native, map: MapHandle) {
    this.#native = native;
    this.#map = map;
  }

  /** False where both places of this pid are taken by others. */
  add(pid: number): boolean {
    const wanted = BigInt(pid);
    for (const place of places(pid)) {
      const value = this.#read(place);
      if (value === wanted) return true;
      if (value === EMPTY || value === TOMBSTONE) {
        this.#write(place, wanted);
        return true;
      }
    }
    return false;
  }

  remove(pid: number): void {
    for (const place of places(pid)) {
      if (this.#read(place) === BigInt(pid)) this.#write(place, TOMBSTONE);
    }
  }

  #read(place: number): bigint {
    this.#key[0] = place;
    this.#native.mapLookup(this.#map, this.#keyBytes, this.#valueBytes);
    return this.#value[0] ?? EMPTY;
  }

  #write(place: number, value: bigint): void {
    this.#key[0] = place;
    this.#value[0] = value;
    this.#native.mapUpdate(this.#map, this.#keyBytes, this.#valueBytes);
  }
}

function places(pid: number): [number, number] {
  return [pid % SIZE, Math.imul(pid, GOLDEN_RATIO) >>> 16];
}

import type { MapHandle, NativeError } from '@beyla/native';
import type { Native } from './binding.ts';

/** As in bpf/lib/pid_table.h. */
export const PID_PLACES = 65_536;
const GOLDEN_RATIO = 0x9e3779b1;
const TOMBSTONE = 1n << 32n;
/** BPF_NOEXIST (include/uapi/linux/bpf.h). */
const CREATE_ONLY = 1;
const EEXIST = 17;
const E2BIG = 7;

/** User space's hand on the kernel's set of selected processes (bpf/lib/pid_table.h says how it is laid out, and why places have owners). */
export class PidTable {
  readonly #native: Native;
  readonly #map: MapHandle;
  /** Undefined where no two ids can want the same place. */
  readonly #owners: MapHandle | undefined;
  readonly #key = new Uint32Array(1);
  readonly #owner = new Uint32Array(1);
  readonly #value = new BigUint64Array(1);
  readonly #keyBytes = new Uint8Array(this.#key.buffer);
  readonly #ownerBytes = new Uint8Array(this.#owner.buffer);
  readonly #valueBytes = new Uint8Array(this.#value.buffer);

  constructor(native: Native, map: MapHandle, owners: MapHandle | undefined) {
    this.#native = native;
    this.#map = map;
    this.#owners = owners;
  }

  /** False where both places of this pid are taken by others. */
  add(pid: number): boolean {
    for (const place of this.#places(pid)) {
      if (!this.#take(place, pid)) continue;
      this.#write(place, BigInt(pid));
      return true;
    }
    return false;
  }

  remove(pid: number): void {
    for (const place of this.#places(pid)) {
      if (this.#read(place) !== BigInt(pid)) continue;
      this.#write(place, TOMBSTONE);
      if (this.#owners !== undefined) this.#native.mapDelete(this.#owners, this.#keyBytes);
    }
  }

  #places(pid: number): readonly number[] {
    const first = pid % PID_PLACES;
    return this.#owners === undefined ? [first] : [first, Math.imul(pid, GOLDEN_RATIO) >>> 16];
  }

  /** Whether the place is this pid's from now on. */
  #take(place: number, pid: number): boolean {
    if (this.#owners === undefined) return true;
    this.#key[0] = place;
    this.#owner[0] = pid;
    try {
      this.#native.mapUpdate(this.#owners, this.#keyBytes, this.#ownerBytes, CREATE_ONLY);
      return true;
    } catch (error) {
      const { errno } = error as NativeError;
      if (errno !== EEXIST && errno !== E2BIG) throw error;
      return this.#native.mapLookup(this.#owners, this.#keyBytes, this.#ownerBytes) && this.#owner[0] === pid;
    }
  }

  #read(place: number): bigint {
    this.#key[0] = place;
    this.#native.mapLookup(this.#map, this.#keyBytes, this.#valueBytes);
    return this.#value[0] ?? 0n;
  }

  #write(place: number, value: bigint): void {
    this.#key[0] = place;
    this.#value[0] = value;
    this.#native.mapUpdate(this.#map, this.#keyBytes, this.#valueBytes);
  }
}

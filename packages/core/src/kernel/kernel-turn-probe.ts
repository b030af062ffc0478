import type { MapHandle } from '@beyla/native';
import type { ProbedTurn, TurnProbe } from '../connections/turn-probe.ts';
import { CONNECTION, DIRECTION, SLOT, TURN_RECORD } from '../events/layout.gen.ts';
import type { Native } from './binding.ts';

const TWO_32 = 2 ** 32;

/** Looks turns up in the kernel's connection table. */
export class KernelTurnProbe implements TurnProbe {
  readonly #native: Native;
  readonly #map: MapHandle;
  readonly #key = new Uint32Array(2);
  readonly #keyBytes = new Uint8Array(this.#key.buffer);
  readonly #value = new Uint8Array(CONNECTION.size);
  readonly #words = new Uint32Array(this.#value.buffer);

  constructor(native: Native, map: MapHandle) {
    this.#native = native;
    this.#map = map;
  }

  read(sockLow: number, sockHigh: number, direction: number, out: ProbedTurn): boolean {
    this.#key[0] = sockLow;
    this.#key[1] = sockHigh;
    if (!this.#native.mapLookup(this.#map, this.#keyBytes, this.#value)) return false;
    const record = CONNECTION.slots + direction * SLOT.size + SLOT.record;
    out.connection = this.#number(CONNECTION.id);
    out.seq = this.#word(record + TURN_RECORD.seq);
    out.sizeBytes = this.#number(record + TURN_RECORD.bytes);
    // Plaintext of a program that encrypts into memory: what has not left as ciphertext was not said yet.
    if (direction === DIRECTION.OUT && this.#value[CONNECTION.tls] === 1) {
      out.sizeBytes = Math.min(out.sizeBytes, this.#number(CONNECTION.tlsSent));
    }
    out.data = this.#value;
    out.prefixStart = CONNECTION.slots + direction * SLOT.size + SLOT.prefix;
    out.prefixEnd = out.prefixStart + Math.min(this.#captured(record), out.sizeBytes);
    out.lastNs = this.#number(record + TURN_RECORD.lastNs);
    out.tailLow = this.#word(record + TURN_RECORD.tail);
    out.tailHigh = this.#word(record + TURN_RECORD.tail + 4);
    return true;
  }

  #captured(record: number): number {
    const at = record + TURN_RECORD.captured;
    return (this.#value[at] ?? 0) + (this.#value[at + 1] ?? 0) * 256;
  }

  #number(offset: number): number {
    return this.#word(offset) + this.#word(offset + 4) * TWO_32;
  }

  #word(offset: number): number {
    return this.#words[offset >>> 2] ?? 0;
  }
}

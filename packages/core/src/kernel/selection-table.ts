import type { MapHandle } from '@beyla/native';
import { EXECUTABLE_FLAG, SELECTION_RULES } from '../events/layout.gen.ts';
import type { ExecutableDecision, SelectionRules } from '../processes/process-sink.ts';
import type { Native } from './binding.ts';

/** The maps by which the kernel selects processes by itself (bpf/lib/selection.h). */
export interface SelectionMaps {
  readonly selection: MapHandle;
  readonly selecting_ports: MapHandle;
  readonly executables: MapHandle;
}

/** Tells the kernel when it may select a process by itself. */
export class SelectionTable {
  readonly #native: Native;
  readonly #maps: SelectionMaps;

  constructor(native: Native, maps: SelectionMaps) {
    this.#native = native;
    this.#maps = maps;
  }

  setRules({ ownPid, ports, isAnyByPort }: SelectionRules): void {
    const bits = new Map<number, bigint>();
    for (const [low, high] of ports) {
      for (let port = low; port <= high; port++)
        bits.set(port >> 6, (bits.get(port >> 6) ?? 0n) | (1n << BigInt(port & 63)));
    }
    for (const [word, value] of bits) this.#native.mapUpdate(this.#maps.selecting_ports, words32(word), words64(value));
    const rules = new Uint8Array(SELECTION_RULES.size);
    new DataView(rules.buffer).setUint32(SELECTION_RULES.ownPid, ownPid ?? 0, true);
    rules[SELECTION_RULES.anyByPort] = isAnyByPort ? 1 : 0;
    this.#native.mapUpdate(this.#maps.selection, words32(0), rules);
  }

  decide(id: string, decision: ExecutableDecision | undefined): void {
    const key = Buffer.from(id, 'latin1');
    if (decision === undefined) {
      this.#native.mapDelete(this.#maps.executables, key);
      return;
    }
    const flags =
      (decision.isSelected ? EXECUTABLE_FLAG.SELECTED : 0) |
      (decision.isByPort ? EXECUTABLE_FLAG.BY_PORT : 0) |
      (decision.isUnwanted ? EXECUTABLE_FLAG.UNWANTED : 0);
    this.#native.mapUpdate(this.#maps.executables, key, words32(flags));
  }
}

function words32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

function words64(value: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array([value]).buffer);
}

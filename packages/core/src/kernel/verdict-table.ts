import type { MapHandle } from '@beyla/native';
import { VERDICT } from '../events/layout.gen.ts';
import type { Native } from './binding.ts';

/** As in bpf/maps.h. */
const SIZE = 8192;

const VERDICTS: Readonly<Record<'turns' | 'stream' | 'ignore', number>> = {
  turns: VERDICT.TURNS,
  stream: VERDICT.STREAM,
  ignore: VERDICT.IGNORE,
};

/** How user space tells the kernel what it wants of one connection (bpf/maps.h: `verdicts`). */
export class VerdictTable {
  readonly #native: Native;
  readonly #map: MapHandle;
  readonly #key = new Uint32Array(1);
  readonly #value = new Uint32Array(2);
  readonly #keyBytes = new Uint8Array(this.#key.buffer);
  readonly #valueBytes = new Uint8Array(this.#value.buffer);

  constructor(native: Native, map: MapHandle) {
    this.#native = native;
    this.#map = map;
  }

  set(connection: number, verdict: keyof typeof VERDICTS): void {
    // Ids have up to 53 bits: arithmetic instead of 32-bit operators.
    this.#key[0] = (connection % SIZE) ^ (Math.floor(connection / SIZE) % SIZE);
    this.#value[0] = (connection % 2 ** 30) * 4 + VERDICTS[verdict];
    this.#value[1] = Math.floor(connection / 2 ** 30);
    this.#native.mapUpdate(this.#map, this.#keyBytes, this.#valueBytes);
  }
}

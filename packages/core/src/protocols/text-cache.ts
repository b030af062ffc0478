import { viewOf } from './bytes-view.ts';

/** Browsers name themselves in up to 120 bytes; longer values do not come again so often. */
const LENGTH_MAX = 128;

/**
 * Texts by the bytes they were made of: hosts, user agents and most paths come again and again, and comparing bytes costs less than making a
 * text. Direct-mapped and of a fixed size: `slots`, a power of two.
 */
export class TextCache {
  readonly #shift: number;
  readonly #texts: string[];
  readonly #lengths: Uint8Array;
  readonly #kept: DataView;

  constructor(slots: number) {
    this.#shift = Math.clz32(slots) + 1;
    this.#texts = new Array<string>(slots).fill('');
    this.#lengths = new Uint8Array(slots);
    this.#kept = new DataView(new ArrayBuffer(slots * LENGTH_MAX));
  }

  /** The text of `bytes[start..end)`, which must be within the bytes: the one that is kept, or what `make` makes of them; that it may refuse. */
  get<T extends string | undefined>(
    bytes: Uint8Array,
    start: number,
    end: number,
    make: (bytes: Uint8Array, start: number, end: number) => T,
  ): string | T {
    const length = end - start;
    if (length > LENGTH_MAX) return make(bytes, start, end);
    const view = viewOf(bytes);
    const slot = hashOf(view, start, length) >>> this.#shift;
    const base = slot * LENGTH_MAX;
    if (this.#lengths[slot] === length && isSame(this.#kept, base, view, start, length))
      return this.#texts[slot] as string;
    const text = make(bytes, start, end);
    if (text === undefined) return text;
    for (let i = 0; i < length; i++) this.#kept.setUint8(base + i, view.getUint8(start + i));
    this.#lengths[slot] = length;
    this.#texts[slot] = text;
    return text;
  }
}

/** Four bytes at a time; the last four may overlap those before. Its upper bits are the best. */
function hashOf(view: DataView, start: number, length: number): number {
  let hash = length;
  if (length < 4) {
    for (let i = 0; i < length; i++) hash = mix(hash, view.getUint8(start + i));
  } else {
    const last = start + length - 4;
    for (let at = start; at < last; at += 4) hash = mix(hash, view.getInt32(at, true));
    hash = mix(hash, view.getInt32(last, true));
  }
  return Math.imul(hash, 0x85ebca6b);
}

/** Multiplying carries upwards only: what got there is folded back. */
function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function isSame(kept: DataView, base: number, view: DataView, start: number, length: number): boolean {
  if (length < 4) {
    for (let i = 0; i < length; i++) if (kept.getUint8(base + i) !== view.getUint8(start + i)) return false;
    return true;
  }
  const last = length - 4;
  for (let i = 0; i < last; i += 4) {
    if (kept.getInt32(base + i, true) !== view.getInt32(start + i, true)) return false;
  }
  return kept.getInt32(base + last, true) === view.getInt32(start + last, true);
}

import { CODE_BITS, CODES } from '../protocols/http2/hpack/huffman-code.ts';
import { huffmanDecode } from '../protocols/http2/hpack/huffman-decoder.ts';
import { MASK, maskAll } from './mask.ts';

const MASK_BITS = 8;

/**
 * Does to the Huffman-coded text `bytes[start..end)` what `mask` does to a plain one, and keeps its length: as the characters that are masked
 * have fewer bits than asterisks, or more, there are as many asterisks as have room. What is no text is masked all over.
 */
export function maskCoded(
  bytes: Uint8Array,
  start: number,
  end: number,
  mask: (plain: Uint8Array, start: number, end: number) => void,
): void {
  const plain = new Uint8Array(2 * (end - start));
  const length = huffmanDecode(bytes, start, end, plain);
  if (length < 0) {
    maskAll(bytes, start, end, true);
    return;
  }
  const masked = plain.slice(0, length);
  mask(masked, 0, length);
  const last = masked.lastIndexOf(MASK);
  if (last < 0) return;
  let keptBits = 0;
  for (const byte of masked) if (byte !== MASK) keptBits += CODE_BITS[byte] ?? 0;
  let masks = ((end - start) * 8 - keptBits) >> 3;
  const code = new CodeWriter(bytes, start);
  let spareBits = 0;
  for (let i = 0; i < length; i++) {
    const byte = masked[i] ?? 0;
    if (byte !== MASK) {
      code.add(CODES[byte] ?? 0, CODE_BITS[byte] ?? 0);
      continue;
    }
    spareBits += CODE_BITS[plain[i] ?? 0] ?? 0;
    for (; i === last ? masks > 0 : spareBits >= MASK_BITS; masks--, spareBits -= MASK_BITS) {
      code.add(CODES[MASK] ?? 0, MASK_BITS);
    }
  }
  code.fill(end);
}
/** Writes codes of any number of bits one behind the other. */
class CodeWriter {
  readonly #bytes: Uint8Array;
  #at: number;
  #pending = 0;
  #pendingBits = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  add(code: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) this.#bit((code >>> bit) & 1);
  }

  /** Ones up to `end` (RFC 7541 §5.2). */
  fill(end: number): void {
    while (this.#at < end) this.#bit(1);
  }

  #bit(bit: number): void {
    this.#pending = (this.#pending << 1) | bit;
    this.#pendingBits += 1;
    if (this.#pendingBits < 8) return;
    this.#bytes[this.#at++] = this.#pending;
    this.#pending = 0;
    this.#pendingBits = 0;
  }
}

import { CODES } from '../protocols/http2/hpack/huffman-code.ts';

/** What stands for a byte that is not recorded: an asterisk, which has 8 bits in HPACK's Huffman code, too. */
export const MASK = 0x2a;

const CODED_MASK = CODES[MASK] ?? 0;

/** Masks a text, which is Huffman-coded or not. */
export function maskAll(bytes: Uint8Array, start: number, end: number, isCoded = false): void {
  bytes.fill(isCoded ? CODED_MASK : MASK, start, end);
}

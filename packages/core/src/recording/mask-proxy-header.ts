import { newText } from '../protocols/text.ts';
import { MASK } from './mask.ts';

const V1_ADDRESSES = /^PROXY TCP[46] [\da-f:.]{2,45} [\da-f:.]{2,45} \d{1,5} \d{1,5}\r\n$/i;
const V1_BYTES = 'PROXY '.length;
const V2_BYTES = 16;
/** By the family in its upper half: bytes of the addresses. What follows them may say anything. */
const V2_ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 12, 2: 36 };

/** Masks what a header of the PROXY protocol says beside addresses. */
export function maskProxyHeader(bytes: Uint8Array, start: number, end: number): void {
  if (bytes[start] === 'P'.charCodeAt(0)) {
    if (!V1_ADDRESSES.test(newText(bytes, start, end))) bytes.fill(MASK, start + V1_BYTES, end - 2);
    return;
  }
  const addresses = V2_ADDRESS_BYTES[(bytes[start + 13] ?? 0) >> 4] ?? 0;
  bytes.fill(MASK, Math.min(end, start + V2_BYTES + addresses), end);
}

/** The symbol that no text has; the first bits of its code, all ones, fill up the last byte (RFC 7541 §5.2). */
export const END_OF_STRING = 256;

/**
 * How many bits the code of each symbol has, in base 36: RFC 7541 appendix B. The code is canonical (shorter codes come first, of equally long
 * ones the lower symbol), so the lengths say all.
 */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';

/** Number of bits of the code of each symbol. */
export const CODE_BITS: Uint8Array = Uint8Array.from(LENGTHS, (digit) => Number.parseInt(digit, 36));

/** The code of each symbol, in its lowest bits. */
export const CODES: Uint32Array = canonicalCodes();

function canonicalCodes(): Uint32Array {
  const codes = new Uint32Array(CODE_BITS.length);
  let code = 0;
  for (let bits = 1; bits <= 30; bits++) {
    for (let symbol = 0; symbol < codes.length; symbol++) if (CODE_BITS[symbol] === bits) codes[symbol] = code++;
    code *= 2;
  }
  return codes;
}

/** The bytes of an ASCII text in this code. */
export function huffmanEncode(text: string): Uint8Array {
  const bytes: number[] = [];
  let pending = 0;
  let pendingBits = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i);
    for (let bit = (CODE_BITS[symbol] ?? 0) - 1; bit >= 0; bit--) {
      pending = (pending << 1) | (((CODES[symbol] ?? 0) >>> bit) & 1);
      if (++pendingBits === 8) {
        bytes.push(pending);
        pending = pendingBits = 0;
      }
    }
  }
  if (pendingBits > 0) bytes.push((pending << (8 - pendingBits)) | (0xff >>> pendingBits));
  return Uint8Array.from(bytes);
}

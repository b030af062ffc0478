import { Buffer } from 'node:buffer';
import { getRandomValues } from 'node:crypto';

/** By byte, its two digits as one number in the order of memory. */
const DIGITS = new Uint16Array(
  Uint8Array.from(Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''), (digit) =>
    digit.charCodeAt(0),
  ).buffer,
);

/**
 * Makes trace and span ids. xoshiro128**, seeded from the system's randomness: ids need to be unlikely to collide, not hard to guess,
 * and reading the system's randomness for each would cost more than all the rest of a span.
 */
export class RandomIds {
  readonly #state = getRandomValues(new Int32Array(4));
  readonly #text = Buffer.alloc(32);
  readonly #pairs = new Uint16Array(this.#text.buffer, this.#text.byteOffset, 16);

  /** 32 lower-case hex digits, not all zero. */
  traceId(): string {
    return this.#hex(32);
  }

  /** 16 lower-case hex digits, not all zero. */
  spanId(): string {
    return this.#hex(16);
  }

  #hex(digits: number): string {
    const pairs = this.#pairs;
    let any = 0;
    for (let at = 0; at < digits / 2; at += 4) {
      const word = this.#next();
      any |= word;
      pairs[at] = DIGITS[word >>> 24] as number;
      pairs[at + 1] = DIGITS[(word >>> 16) & 255] as number;
      pairs[at + 2] = DIGITS[(word >>> 8) & 255] as number;
      pairs[at + 3] = DIGITS[word & 255] as number;
    }
    return any === 0 ? this.#hex(digits) : this.#text.toString('latin1', 0, digits);
  }

  #next(): number {
    const state = this.#state;
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const d = state[3] as number;
    const scrambled = Math.imul(b, 5);
    const c2 = c ^ a;
    const d2 = d ^ b;
    state[1] = b ^ c2;
    state[0] = a ^ d2;
    state[2] = c2 ^ (b << 9);
    state[3] = (d2 << 11) | (d2 >>> 21);
    return Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
  }
}

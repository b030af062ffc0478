import { Buffer } from 'node:buffer';
import { getRandomValues } from 'node:crypto';

/** By byte, its two digits as one number in the order of memory. */
const DIGITS = new Uint16Array(
  Uint8Array.from(Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''), (digit) =>
    digit.charCodeAt(0),
  ).buffer,
);

const DIGITS_OF_WORD = 8;
/** Made at once, since making a text costs more than filling it: five spans of new traces. Few, since an id keeps all of them in memory. */
const DIGITS_AHEAD = 240;

/**
 * Makes trace and span ids. xoshiro128**, seeded from the system's randomness: ids need to be unlikely to collide, not hard to guess,
 * and reading the system's randomness for each would cost more than all the rest of a span.
 */
export class RandomIds {
  readonly #state = getRandomValues(new Int32Array(4));
  readonly #bytes = Buffer.alloc(DIGITS_AHEAD);
  readonly #pairs = new Uint16Array(this.#bytes.buffer, this.#bytes.byteOffset, DIGITS_AHEAD / 2);
  #digits = '';
  #at = 0;

  /** 32 lower-case hex digits, not all zero. */
  traceId(): string {
    return this.#take(32);
  }

  /** 16 lower-case hex digits, not all zero. */
  spanId(): string {
    return this.#take(16);
  }

  #take(count: number): string {
    if (this.#at + count > this.#digits.length) this.#refill();
    const at = this.#at;
    this.#at = at + count;
    return this.#digits.slice(at, at + count);
  }

  #refill(): void {
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += DIGITS_OF_WORD / 2) {
      // No word is 0, so that no id is: one number less of four thousand millions.
      const word = this.#next() || 1;
      pairs[at] = DIGITS[word >>> 24] as number;
      pairs[at + 1] = DIGITS[(word >>> 16) & 255] as number;
      pairs[at + 2] = DIGITS[(word >>> 8) & 255] as number;
      pairs[at + 3] = DIGITS[word & 255] as number;
    }
    this.#digits = this.#bytes.toString('latin1');
    this.#at = 0;
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

import { Buffer } from 'node:buffer';
import { getRandomValues } from 'node:crypto';

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/**
 * Makes trace and span ids. xoshiro128**, seeded from the system's randomness: ids need to be unlikely to collide, not hard to guess,
 * and reading the system's randomness for each would cost more than all the rest of a span.
 */
export class RandomIds {
  readonly #state = getRandomValues(new Uint32Array(4));
  readonly #text = Buffer.alloc(32);

  /** 32 lower-case hex digits, not all zero. */
  traceId(): string {
    return this.#hex(32);
  }

  /** 16 lower-case hex digits, not all zero. */
  spanId(): string {
    return this.#hex(16);
  }

  #hex(digits: number): string {
    const text = this.#text;
    let any = 0;
    for (let at = 0; at < digits; at += 8) {
      const word = this.#next();
      any |= word;
      for (let i = 0; i < 8; i++) text[at + i] = HEX[(word >>> (28 - 4 * i)) & 15] ?? 0;
    }
    return any === 0 ? this.#hex(digits) : text.toString('latin1', 0, digits);
  }

  #next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const c2 = c ^ a;
    const d2 = d ^ b;
    state[1] = b ^ c2;
    state[0] = a ^ d2;
    state[2] = c2 ^ (b << 9);
    state[3] = (d2 << 11) | (d2 >>> 21);
    return result;
  }
}

import { CR, HT, LF, SP } from './ascii.ts';

const SIZE_DIGITS_MAX = 13;
const SEMICOLON = 0x3b;

/** Told of a byte of the framing and where it is; 0 where it does not matter which it is. */
type FramingWatcher = (at: number, byte: number) => void;

type State =
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'line-start'
  | 'line'
  | 'end-lf'
  | 'done'
  | 'invalid';

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Takes the framing off a chunked body as it comes, in pieces of any size (RFC 9112 §7.1). Keeps counts, no bytes. */
export class ChunkedScanner {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  /** Bytes left of the current chunk's data. */
  remaining = 0;
  /** Bytes of data so far. */
  bodyBytes = 0;

  reset(): void {
    this.#state = 'size';
    this.#size = 0;
    this.#digits = 0;
    this.remaining = 0;
    this.bodyBytes = 0;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  get isInvalid(): boolean {
    return this.#state === 'invalid';
  }

  /** Consumes up to the end of the body; returns the offset behind the last byte consumed. `watcher` is told of all but data. */
  scan(bytes: Uint8Array, start: number, end: number, watcher?: FramingWatcher): number {
    let at = start;
    while (at < end && this.#state !== 'done' && this.#state !== 'invalid') {
      if (this.#state === 'data') at += this.skip(end - at);
      else {
        const byte = bytes[at] ?? 0;
        watcher?.(at, this.#doesMatter(byte) ? byte : 0);
        this.#step(byte);
        at += 1;
      }
    }
    return at;
  }

  /** Whether another byte would be something else to this class. */
  #doesMatter(byte: number): boolean {
    if (byte === CR || byte === LF) return true;
    return this.#state === 'size' && (hexDigit(byte) >= 0 || byte === SEMICOLON || byte === SP || byte === HT);
  }

  /** Passes over data that was not captured; returns how many of `count` bytes are known to be data. */
  skip(count: number): number {
    const skipped = Math.min(count, this.remaining);
    this.remaining -= skipped;
    this.bodyBytes += skipped;
    if (this.#state === 'data' && this.remaining === 0) this.#state = 'data-cr';
    return skipped;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size': {
        const digit = hexDigit(byte);
        if (digit >= 0 && this.#digits < SIZE_DIGITS_MAX) {
          this.#size = this.#size * 16 + digit;
          this.#digits += 1;
        } else if (digit >= 0 || this.#digits === 0) this.#state = 'invalid';
        else if (byte === CR) this.#state = 'size-lf';
        else if (byte === LF) this.#sizeEnded();
        else if (byte === SEMICOLON || byte === SP || byte === HT) this.#state = 'extension';
        else this.#state = 'invalid';
        return;
      }
      case 'extension':
        if (byte === LF) this.#sizeEnded();
        return;
      case 'size-lf':
        if (byte === LF) this.#sizeEnded();
        else this.#state = 'invalid';
        return;
      case 'data-cr':
        if (byte === LF) this.#beginSize();
        else this.#state = byte === CR ? 'data-lf' : 'invalid';
        return;
      case 'data-lf':
        if (byte === LF) this.#beginSize();
        else this.#state = 'invalid';
        return;
      case 'line-start':
        if (byte === LF) this.#state = 'done';
        else this.#state = byte === CR ? 'end-lf' : 'line';
        return;
      case 'line':
        if (byte === LF) this.#state = 'line-start';
        return;
      case 'end-lf':
        this.#state = byte === LF ? 'done' : 'line';
        return;
    }
  }

  #beginSize(): void {
    this.#state = 'size';
    this.#size = 0;
    this.#digits = 0;
  }

  #sizeEnded(): void {
    this.remaining = this.#size;
    this.#state = this.#size === 0 ? 'line-start' : 'data';
  }
}

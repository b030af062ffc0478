// SPDX-License-Identifier: Apache-2.0
// @ts-check

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

/**
 * @typedef {object} Head
 * @property {string} first the request line or the status line
 * @property {ReadonlyMap<string, string>} fields by lower-case name
 * @property {number} sizeBytes
 *
 * @typedef {object} Listener
 * @property {(head: Head) => 'none' | number | 'chunked' | 'close'} onHead says what body follows; a number is its length
 * @property {() => void} onEnd the message is whole
 */

/** Reads HTTP/1 messages of one direction. It is ours alone: it knows nothing of the library whose spans it judges. */
export class MessageReader {
  /** Bytes of the body so far, without framing. */
  bodyBytes = 0;
  /** Whether a message has begun and is not whole. */
  isOpen = false;
  #listener;
  /** @type {Buffer} */
  #held = Buffer.alloc(0);
  /** @type {'head' | 'length' | 'size' | 'data' | 'trailer' | 'close'} */
  #state = 'head';
  #left = 0;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** @param {Buffer} bytes */
  take(bytes) {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    while (this.#held.length > 0 && this.#step());
  }

  /** The other side has ended; returns whether a message ended with that. */
  end() {
    if (this.#state !== 'close') return false;
    this.#finish();
    return true;
  }

  /** One step; false when more bytes are needed. */
  #step() {
    this.isOpen = true;
    switch (this.#state) {
      case 'head':
        return this.#head();
      case 'size':
        return this.#line((line) => {
          this.#left = Number.parseInt(line, 16);
          this.#state = this.#left === 0 ? 'trailer' : 'data';
          this.#left += this.#left === 0 ? 0 : LINE_END.length;
        });
      case 'trailer':
        return this.#line((line) => line === '' && this.#finish());
      default:
        return this.#body();
    }
  }

  #head() {
    const end = this.#held.indexOf(HEAD_END);
    if (end < 0) return false;
    const lines = this.#held.toString('latin1', 0, end).split('\r\n');
    const fields = new Map(
      lines.slice(1).map((line) => {
        const colon = line.indexOf(':');
        return /** @type {[string, string]} */ ([line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
      }),
    );
    this.#drop(end + HEAD_END.length);
    this.bodyBytes = 0;
    const body = this.#listener.onHead({ first: lines[0] ?? '', fields, sizeBytes: end + HEAD_END.length });
    if (body === 'chunked') this.#state = 'size';
    else if (body === 'close') this.#state = 'close';
    else if (body === 'none' || body === 0) this.#finish();
    else {
      this.#left = body;
      this.#state = 'length';
    }
    return true;
  }

  #body() {
    const part = this.#state === 'close' ? this.#held.length : Math.min(this.#left, this.#held.length);
    this.#drop(part);
    this.bodyBytes += part;
    if (this.#state === 'close') return true;
    this.#left -= part;
    if (this.#left > 0) return true;
    if (this.#state === 'length') this.#finish();
    else {
      this.bodyBytes -= LINE_END.length;
      this.#state = 'size';
    }
    return true;
  }

  /** @param {(line: string) => void} use */
  #line(use) {
    const end = this.#held.indexOf(LINE_END);
    if (end < 0) return false;
    const line = this.#held.toString('latin1', 0, end);
    this.#drop(end + LINE_END.length);
    use(line);
    return true;
  }

  #finish() {
    this.#state = 'head';
    this.isOpen = false;
    this.#listener.onEnd();
  }

  /** @param {number} count */
  #drop(count) {
    this.#held = this.#held.subarray(count);
  }
}

/** The framing a head announces (RFC 9112 §6.3). @param {Head} head @param {'none' | 'close'} otherwise */
export function framingOf({ fields }, otherwise) {
  if (/chunked/i.test(fields.get('transfer-encoding') ?? '')) return 'chunked';
  const length = fields.get('content-length');
  return length === undefined ? otherwise : Number(length);
}

/** A body in pieces as chunks of HTTP/1, the last chunk included. @param {readonly Buffer[]} pieces */
export function chunksOf(pieces) {
  return [...pieces.map((piece) => chunkOf(piece)), Buffer.from('0\r\n\r\n')];
}

/** @param {Buffer} piece */
export function chunkOf(piece) {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, LINE_END]);
}

/**
 * Fields that make a head longer by about so many bytes, none longer than servers take by default.
 *
 * @param {number} bytes @param {string} name
 */
export function padding(bytes, name) {
  const fields = [];
  for (let left = bytes, at = 0; left > 0; at++) {
    const size = Math.min(left, 1000);
    const prefix = `${name}-${at}: `;
    fields.push(`${prefix}${'p'.repeat(Math.max(1, size - prefix.length - 2))}`);
    left -= size;
  }
  return fields;
}

/** CLOCK_MONOTONIC, the clock that spans are made of. */
export function nowNs() {
  return Number(process.hrtime.bigint());
}

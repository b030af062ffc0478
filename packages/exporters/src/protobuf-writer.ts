const FIRST_CAPACITY = 4_096;
const LENGTH_DELIMITED = 2;
const FIXED_64 = 1;

/** Writes the fields of one protobuf message after the other into a buffer that grows. */
export class ProtobufWriter {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** A bare number from 0 to 2^53, of no field. */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number from 0 to 2^53. */
  uint(field: number, value: number): void {
    this.varint(field * 8);
    this.varint(value);
  }

  /** A whole number of 32 bits in zigzag form. */
  sint(field: number, value: number): void {
    this.uint(field, zigzag(value));
  }

  double(field: number, value: number): void {
    this.varint(field * 8 + FIXED_64);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** A whole number from 0 on, in eight bytes. */
  fixed64(field: number, value: number | bigint): void {
    this.varint(field * 8 + FIXED_64);
    this.#fixed64(value);
  }

  /** Whole numbers from 0 on, in eight bytes each, packed. */
  fixed64s(field: number, values: readonly number[]): void {
    this.message(field, () => {
      for (const value of values) this.#fixed64(value);
    });
  }

  doubles(field: number, values: readonly number[]): void {
    this.message(field, () => {
      for (const value of values) {
        this.#reserve(8);
        this.#length = this.#bytes.writeDoubleLE(value, this.#length);
      }
    });
  }

  /** Whole numbers from 0 to 2^53, packed. */
  uints(field: number, values: readonly number[]): void {
    this.message(field, () => {
      for (const value of values) this.varint(value);
    });
  }

  /** Bytes that are given as hex digits. */
  hex(field: number, digits: string): void {
    const length = digits.length / 2;
    this.varint(field * 8 + LENGTH_DELIMITED);
    this.varint(length);
    this.#reserve(length);
    this.#length += this.#bytes.write(digits, this.#length, 'hex');
  }

  text(field: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(field * 8 + LENGTH_DELIMITED);
    this.varint(length);
    this.#reserve(length);
    this.#length += this.#bytes.write(value, this.#length);
  }

  /** Whole numbers in zigzag form, packed. */
  sints(field: number, values: readonly number[]): void {
    this.message(field, () => {
      for (const value of values) this.varint(zigzag(value));
    });
  }

  /** A message in the message: whatever `write` writes. */
  message(field: number, write: () => void): void {
    this.varint(field * 8 + LENGTH_DELIMITED);
    this.delimited(write);
  }

  /** Whatever `write` writes, after its length. */
  delimited(write: () => void): void {
    const start = this.#length;
    write();
    const length = this.#length - start;
    const size = varintSize(length);
    this.#reserve(size);
    this.#bytes.copyWithin(start + size, start, this.#length);
    this.#length = start;
    this.varint(length);
    this.#length += length;
  }

  /** Bytes that were encoded before. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written since the last time; the buffer is empty then. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#bytes, 0, this.#length);
    this.#length = 0;
    return taken;
  }

  #fixed64(value: number | bigint): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeBigUInt64LE(BigInt(value), this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Numbers near zero become small, whatever their sign. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

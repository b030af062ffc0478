import { FIELD } from '../protocols/http2/hpack/field.ts';
import { HeaderFields } from '../protocols/http2/hpack/header-fields.ts';
import { HpackDecoder } from '../protocols/http2/hpack/hpack-decoder.ts';
import { MASK, maskCodedQuery, maskQuery } from './mask-query.ts';

/** No header block begins like this: it would be a number without an end. */
const INVALID = 0xff;

const fields = new HeaderFields();

/**
 * Masks values in the header blocks of one direction (RFC 7541), in place and without changing any length, so that whoever decodes the masked
 * blocks in their order gets the same fields with masked values: an entry of the dynamic table is named by number, and enters it masked.
 *
 * Kept are the values that become part of a span, and of those the query of `:path` is masked. What the name of a field is may be
 * unknown in the middle of a connection; its value is masked then.
 */
export class BlockRedactor {
  readonly #decoder = new HpackDecoder(mask);

  /** Masks a whole block, which is all of `block`. One that cannot be decoded is made one that cannot be decoded by anyone. */
  redact(block: Uint8Array): void {
    if (!this.#decoder.decode(block, 0, block.length, fields)) block.fill(INVALID);
  }

  /** Gives up a block of which a part is already written: it cannot be decoded. */
  spoil(block: Uint8Array): void {
    block.fill(INVALID);
  }

  /** Blocks were missed. */
  forget(): void {
    this.#decoder.forget();
  }
}

function mask(field: number, bytes: Uint8Array, start: number, end: number, isCoded: boolean): void {
  if (field === FIELD.OTHER || field === FIELD.UNKNOWN) bytes.fill(MASK, start, end);
  else if (field === FIELD.PATH && isCoded) maskCodedQuery(bytes, start, end);
  else if (field === FIELD.PATH) maskQuery(bytes, start, end);
}

import { isGrpc } from '../protocols/http2/grpc.ts';
import { codedText } from '../protocols/http2/hpack/coded-text.ts';
import { FIELD } from '../protocols/http2/hpack/field.ts';
import { HeaderFields } from '../protocols/http2/hpack/header-fields.ts';
import { HpackDecoder } from '../protocols/http2/hpack/hpack-decoder.ts';
import { newText } from '../protocols/text.ts';
import { isHost, isLength, isMethod, isTraceparent } from './kept-values.ts';
import { maskAll } from './mask.ts';
import { maskCoded } from './mask-coded.ts';
import { maskQuery, maskTarget } from './mask-target.ts';

/** No header block begins like this: it would be a number without an end. */
const INVALID = 0xff;

/** Whether a value may be read by everybody, by its field. */
const MAY_KEEP: readonly (((value: string) => boolean) | undefined)[] = byField([
  [FIELD.METHOD, isMethod],
  [FIELD.STATUS, (value) => /^\d{3}$/.test(value)],
  [FIELD.AUTHORITY, isHost],
  [FIELD.HOST, isHost],
  [FIELD.CONTENT_TYPE, (value) => /^application\/grpc(?:\+(?:proto|json|thrift))?$/.test(value)],
  [FIELD.TRACEPARENT, isTraceparent],
  [FIELD.GRPC_STATUS, (value) => /^\d{1,10}$/.test(value)],
  [FIELD.GRPC_TIMEOUT, (value) => /^\d{1,8}[HMSmun]$/.test(value)],
  [FIELD.CONTENT_LENGTH, isLength],
]);
/** `application/grpc;`. */
const GRPC_TYPE_BYTES = 17;

const fields = new HeaderFields();

/**
 * Masks values in the header blocks of one direction (RFC 7541), in place and without changing any length, so that whoever decodes the masked
 * blocks in their order gets the same fields with masked values: an entry of the dynamic table is named by number, and enters it masked.
 *
 * Kept are the values of a few fields, if they are of their grammar. What the name of a field is may be unknown in the middle of a connection;
 * its value is masked then, and so are names that do not matter.
 */
export class BlockRedactor {
  readonly #decoder: HpackDecoder;

  /** `keepsPaths`: paths, and the names of the parameters of their queries, are left. */
  constructor(keepsPaths: boolean) {
    const maskPath = keepsPaths ? maskQuery : maskTarget;
    this.#decoder = new HpackDecoder((field, bytes, start, end, isCoded) => {
      if (field === FIELD.PATH) mask(bytes, start, end, isCoded, maskPath);
      else if (mayKeep(field, bytes, start, end, isCoded)) return;
      else if (field === FIELD.CONTENT_TYPE) mask(bytes, start, end, isCoded, maskContentType);
      else maskAll(bytes, start, end, isCoded);
    });
  }

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

function mayKeep(field: number, bytes: Uint8Array, start: number, end: number, isCoded: boolean): boolean {
  const isHarmless = MAY_KEEP[field];
  if (isHarmless === undefined) return false;
  const value = isCoded ? codedText(bytes, start, end) : newText(bytes, start, end);
  return value !== undefined && isHarmless(value);
}

/** What makes it gRPC's stays. */
function maskContentType(bytes: Uint8Array, start: number, end: number): void {
  maskAll(bytes, isGrpc(newText(bytes, start, end)) ? start + GRPC_TYPE_BYTES : start, end);
}

function mask(bytes: Uint8Array, start: number, end: number, isCoded: boolean, how: typeof maskTarget): void {
  if (isCoded) maskCoded(bytes, start, end, how);
  else how(bytes, start, end);
}

function byField(
  kept: readonly (readonly [number, (value: string) => boolean])[],
): (((value: string) => boolean) | undefined)[] {
  const mayKeepByField: (((value: string) => boolean) | undefined)[] = [];
  for (const [field, isHarmless] of kept) mayKeepByField[field] = isHarmless;
  return mayKeepByField;
}

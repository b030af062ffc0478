/** One field of a protobuf message: a number, or the bytes of a text or of a message. */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * Reads the varint and length-delimited fields of a message, and passes over the others; ends at the first byte that is none.
 * For the three small messages of gRPC's error details, which the OTLP serializers do not know. Never throws.
 */
export function protobufFields(bytes: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) {
      fields.push({ number, value: varint() });
    } else if (wireType === 2) {
      const length = varint();
      // Also where the length is no number.
      if (!(length <= bytes.length - at)) break;
      fields.push({ number, value: bytes.subarray(at, at + length) });
      at += length;
    } else if (wireType === 1 || wireType === 5) {
      at += wireType === 1 ? 8 : 4;
    } else {
      break;
    }
  }
  return fields;
}

/** The last length-delimited field of this number. */
export function bytesField(fields: readonly ProtobufField[], number: number): Uint8Array | undefined {
  const value = fields.findLast((field) => field.number === number && typeof field.value !== 'number')?.value;
  return typeof value === 'number' ? undefined : value;
}

/** The last varint field of this number, 0 where it is missing, as protobuf has it. */
export function numberField(fields: readonly ProtobufField[], number: number): number {
  const value = fields.findLast((field) => field.number === number && typeof field.value === 'number')?.value;
  return typeof value === 'number' && !Number.isNaN(value) ? value : 0;
}

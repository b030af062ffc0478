import { BeylaError } from '@beyla/core';
import { getNumberFromEnv } from '@opentelemetry/core';
import type { AttributeSet } from './attributes.ts';

/** What a head may hold is 16 KiB and more; a URL that a person has to read is shorter, and 512 of these fit into a request of 4 MiB. */
const DEFAULT_LENGTH = 4_096;

/**
 * Cuts the texts of spans that are longer than `attributeValueLengthLimit`, else OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, else
 * OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT (OpenTelemetry, attribute limits): their length is chosen by whoever sends requests. Counts them.
 */
export class TextLimit {
  readonly #length: number;
  #cut = 0;

  constructor(length: number | undefined) {
    if (length !== undefined && !(length > 0)) {
      throw new BeylaError('INVALID_OPTION', `attributeValueLengthLimit must be a number above 0, not ${length}`);
    }
    this.#length = length ?? fromEnvironment() ?? DEFAULT_LENGTH;
  }

  /** Texts that were cut. */
  get cut(): number {
    return this.#cut;
  }

  text(value: string): string {
    if (value.length <= this.#length) return value;
    this.#cut += 1;
    return this.key(value);
  }

  /** As `text`, for what is not exported: it is not counted. */
  key(value: string): string {
    if (value.length <= this.#length) return value;
    // Half of a surrogate pair is no character.
    const splitsPair = /[\uD800-\uDBFF]/.test(value.charAt(this.#length - 1));
    // A copy: a part of a text keeps the whole of it in memory.
    return Buffer.from(value.slice(0, splitsPair ? this.#length - 1 : this.#length)).toString();
  }

  /** In place. */
  attributes(attributes: AttributeSet): AttributeSet {
    for (const name in attributes) {
      const value = attributes[name];
      if (typeof value === 'string' && value.length > this.#length) attributes[name] = this.text(value);
    }
    return attributes;
  }
}

function fromEnvironment(): number | undefined {
  const names = ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'];
  return names.map((name) => getNumberFromEnv(name)).find((value) => value !== undefined && value > 0);
}

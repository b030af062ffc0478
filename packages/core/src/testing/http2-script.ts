import { FRAME, FRAME_FLAG, PREFACE } from '../protocols/http2/frame.ts';
import { FIELD, fieldNamed } from '../protocols/http2/hpack/field.ts';
import { STATIC_FIELDS, STATIC_VALUES } from '../protocols/http2/hpack/static-table.ts';
import { bytesOf } from './records.ts';

const TYPES: Readonly<Record<string, number>> = { ...FRAME, ALTSVC: 10 };
const FLAGS: Readonly<Record<string, number>> = FRAME_FLAG;
const ERRORS: Readonly<Record<string, number>> = {
  NO_ERROR: 0,
  INTERNAL_ERROR: 2,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  ENHANCE_YOUR_CALM: 11,
};
const PADDING = 3;
const STATIC_MAX = 61;

/** Encodes fields as most programs do: by index where the table has them, else as literals that are added to it. */
class HeaderEncoder {
  /** Newest first. */
  readonly #table: string[] = [];

  encode(fields: readonly (readonly [name: string, value: string])[]): number[] {
    return fields.flatMap(([name, value]) => {
      const field = fieldNamed(name);
      const known = STATIC_FIELDS.findIndex(
        (one, at) => one === field && field !== FIELD.OTHER && STATIC_VALUES[at] === value,
      );
      if (known > 0 && value !== '') return [0x80 | known];
      const at = this.#table.indexOf(`${name}\n${value}`);
      if (at >= 0) return this.#integer(0x80, 7, STATIC_MAX + 1 + at);
      this.#table.unshift(`${name}\n${value}`);
      return [0x40, ...this.#text(name), ...this.#text(value)];
    });
  }

  #text(text: string): number[] {
    return [...this.#integer(0, 7, text.length), ...bytesOf(text)];
  }

  #integer(pattern: number, bits: number, value: number): number[] {
    const max = 2 ** bits - 1;
    if (value < max) return [pattern | value];
    const bytes = [pattern | max];
    let rest = value - max;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    return [...bytes, rest];
  }
}

function uint32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function frame(type: number, flags: number, streamId: number, payload: readonly number[]): number[] {
  return [...uint32(payload.length).slice(1), type, flags, ...uint32(streamId), ...payload];
}

/**
 * Frames of HTTP/2 as a script writes them, one a line: type, stream, flags, content; the header fields of a HEADERS or a PUSH_PROMISE are on the
 * indented lines behind it. See test/cases/http2/README.md.
 */
export class Http2Script {
  readonly #encoders = { ask: new HeaderEncoder(), answer: new HeaderEncoder() };
  readonly #unescape: (text: string) => string;

  constructor(unescapeText: (text: string) => string) {
    this.#unescape = unescapeText;
  }

  /** The bytes of the frames that one side sends. */
  bytes(side: 'ask' | 'answer', text: string): Uint8Array {
    const bytes: number[] = [];
    for (const [line = '', ...indented] of text.split(/\n(?! )/).map((part) => part.split('\n'))) {
      if (line.trim() === '') continue;
      const fields = indented.flatMap((field) => {
        const [, name, value] = /^ +(:?[^:]+): (.*)$/.exec(field) ?? [];
        return name === undefined || value === undefined ? [] : [[name, this.#unescape(value)] as const];
      });
      bytes.push(...this.#frame(side, line, fields));
    }
    return Uint8Array.from(bytes);
  }

  #frame(side: 'ask' | 'answer', line: string, fields: readonly (readonly [string, string])[]): readonly number[] {
    const [name = '', stream = '0', ...words] = line.split(' ');
    if (name === 'PREFACE') return [...PREFACE];
    if (name === 'BYTES') return [...bytesOf(this.#unescape(line.slice(name.length + 1)))];
    const type = TYPES[name];
    if (type === undefined) throw new Error(`a script knows no frame '${name}'`);
    let flags = 0;
    let isSplit = false;
    while (words[0] !== undefined && (words[0] in FLAGS || words[0] === 'SPLIT')) {
      if (words[0] === 'SPLIT') isSplit = true;
      flags |= FLAGS[words.shift() ?? ''] ?? 0;
    }
    const content = words.join(' ');
    const payload = this.#payload(side, name, content, fields);
    const block = (flags & FRAME_FLAG.PRIORITY) !== 0 ? [...uint32(0), 16, ...payload] : payload;
    const padded =
      (flags & FRAME_FLAG.PADDED) !== 0 ? [PADDING, ...block, ...new Array<number>(PADDING).fill(0)] : block;
    const isBlock = name === 'HEADERS' || name === 'PUSH_PROMISE';
    if (!isBlock) return frame(type, flags, Number(stream), padded);
    if (!isSplit) return frame(type, flags | FRAME_FLAG.END_HEADERS, Number(stream), padded);
    const at = Math.floor(padded.length / 2);
    return [
      ...frame(type, flags, Number(stream), padded.slice(0, at)),
      ...frame(FRAME.CONTINUATION, FRAME_FLAG.END_HEADERS, Number(stream), padded.slice(at)),
    ];
  }

  #payload(
    side: 'ask' | 'answer',
    name: string,
    content: string,
    fields: readonly (readonly [string, string])[],
  ): number[] {
    switch (name) {
      case 'HEADERS':
        return this.#encoders[side].encode(fields);
      case 'PUSH_PROMISE':
        return [...uint32(Number(content)), ...this.#encoders[side].encode(fields)];
      case 'RST_STREAM':
        return uint32(ERRORS[content] ?? Number(content));
      case 'GOAWAY':
        return [...uint32(Number(content)), ...uint32(0), ...bytesOf('bye')];
      case 'WINDOW_UPDATE':
        return uint32(65_535);
      case 'PRIORITY':
        return [...uint32(0), 16];
      case 'PING':
        return new Array<number>(8).fill(7);
      case 'SETTINGS':
        return content === '' ? [] : [0, 3, ...uint32(100)];
      default:
        return [...bytesOf(this.#unescape(content))];
    }
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIELD } from '../protocols/http2/hpack/field.ts';
import { HeaderFields } from '../protocols/http2/hpack/header-fields.ts';
import { HpackDecoder } from '../protocols/http2/hpack/hpack-decoder.ts';
import { huffmanEncode } from '../protocols/http2/hpack/huffman-code.ts';
import { BlockRedactor } from './block-redactor.ts';

const require = createRequire(import.meta.url);
/** Blocks of real sites, with their cookies, as nghttp2 encodes them: Huffman-coded, and with an encoder that changes the size of its table. */
const CORPUS = join(dirname(require.resolve('hpack/package.json')), 'test/hpack-test-case');
const ENCODERS = ['nghttp2', 'nghttp2-change-table-size'];

type HeaderList = readonly (readonly [name: string, value: string])[];

function storiesOf(encoder: string): { wire: Uint8Array; headers: HeaderList }[][] {
  const folder = join(CORPUS, encoder);
  return readdirSync(folder).map((file) => {
    const { cases } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      cases: { wire: string; headers: Record<string, string>[] }[];
    };
    return cases.map(({ wire, headers }) => ({
      wire: Uint8Array.from(Buffer.from(wire, 'hex')),
      headers: headers.flatMap((header) => Object.entries(header)),
    }));
  });
}

/** Fields of which only is left that they are there. */
const MASKED = [FIELD.PATH, FIELD.USER_AGENT, FIELD.TRACESTATE, FIELD.CONTENT_TYPE];

/** What a decoder reads, masked values aside. */
function read(decoder: HpackDecoder, block: Uint8Array): { values: (string | undefined)[]; unknown: number } {
  const fields = new HeaderFields();
  expect(decoder.decode(block, 0, block.length, fields)).toBe(true);
  const values = [...fields.values];
  for (const field of MASKED) if (values[field] !== undefined) values[field] = '';
  return { values, unknown: fields.unknown };
}

function literal(name: string, value: string): number[] {
  const text = (what: string): number[] => [0x80 | huffmanEncode(what).length, ...huffmanEncode(what)];
  return [0x40, ...text(name), ...text(value)];
}

describe('BlockRedactor', () => {
  it.each(ENCODERS)('leaves of the public corpus as encoded by %s what spans are made of, from anywhere', (encoder) => {
    for (const story of storiesOf(encoder)) {
      for (const begin of [0, Math.floor(story.length / 3)]) {
        const redactor = new BlockRedactor(false);
        const [raw, masked] = [new HpackDecoder(), new HpackDecoder()];
        if (begin > 0) for (const one of [redactor, raw, masked]) one.forget();
        for (const { wire } of story.slice(begin)) {
          const block = wire.slice();
          redactor.redact(block);
          expect(read(masked, block)).toEqual(read(raw, wire));
        }
      }
    }
  });

  it('leaves no cookie, plain or coded', () => {
    let seen = 0;
    for (const story of storiesOf('nghttp2')) {
      const redactor = new BlockRedactor(false);
      const secrets = story.flatMap(({ headers }) =>
        headers.filter(([name, value]) => name === 'cookie' && value.length > 12).map(([, value]) => value),
      );
      seen += secrets.length;
      for (const { wire } of story) {
        const block = wire.slice();
        redactor.redact(block);
        const bytes = Buffer.from(block);
        for (const secret of secrets) {
          expect(bytes.includes(secret)).toBe(false);
          expect(bytes.includes(Buffer.from(huffmanEncode(secret).slice(0, -1)))).toBe(false);
        }
      }
    }
    expect(seen).toBeGreaterThan(50);
  });

  it('masks a value whose name stands in a table that was not watched', () => {
    const redactor = new BlockRedactor(false);
    redactor.forget();
    const block = Uint8Array.from([0x7f, 0x02, 0x06, ...Buffer.from('secret')]);
    redactor.redact(block);
    expect(Buffer.from(block.subarray(3)).toString()).toBe('******');
  });

  it('masks a value whose name is one that it saw before', () => {
    const redactor = new BlockRedactor(false);
    redactor.redact(Uint8Array.from(literal('authorization', 'Bearer one')));
    const again = Uint8Array.from([0x7e, 0x06, ...Buffer.from('secret')]);
    redactor.redact(again);
    expect(Buffer.from(again.subarray(2)).toString()).toBe('******');
  });

  it('gives nobody a block that it cannot decode itself', () => {
    const bad = Uint8Array.from([...literal('cookie', 'secret'), 0x44, 0x85, 0xff, 0xff, 0xff, 0xff, 0xff]);
    new BlockRedactor(false).redact(bad);
    expect(new HpackDecoder().decode(bad, 0, bad.length, new HeaderFields())).toBe(false);
    expect(new Set(bad)).toEqual(new Set([0xff]));
  });

  it('says of any bytes whether they are a block just as before', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 }), (blocks) => {
        const redactor = new BlockRedactor(false);
        const [raw, masked] = [new HpackDecoder(), new HpackDecoder()];
        for (const bytes of blocks) {
          const block = bytes.slice();
          redactor.redact(block);
          const [before, after] = [new HeaderFields(), new HeaderFields()];
          const isValid = raw.decode(bytes, 0, bytes.length, before);
          if (bytes.length > 0) expect(masked.decode(block, 0, block.length, after)).toBe(isValid);
          if (isValid) expect(after.unknown).toBe(before.unknown);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

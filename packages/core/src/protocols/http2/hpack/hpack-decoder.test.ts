import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIELD, fieldNamed } from './field.ts';
import { HeaderFields } from './header-fields.ts';
import { HpackDecoder } from './hpack-decoder.ts';

const require = createRequire(import.meta.url);
/** Blocks of real sites by many encoders, from the people who made RFC 7541. */
const CORPUS = join(dirname(require.resolve('hpack/package.json')), 'test/hpack-test-case');

interface HpackJs {
  compressor: { create(options: object): { write(headers: object[]): void; read(): Buffer } };
}
const hpackJs = require('hpack.js') as HpackJs;

type HeaderList = readonly (readonly [name: string, value: string])[];

function isFinalFormat(file: string): boolean {
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { draft?: number }).draft === 9;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** What a decoder that reads everything would make of the fields that matter. */
function expected(headers: HeaderList): (string | undefined)[] {
  const { values } = new HeaderFields();
  for (const [name, value] of headers) if (fieldNamed(name) !== FIELD.OTHER) values[fieldNamed(name)] ??= value;
  const all = (name: string): string[] => headers.filter(([one]) => one === name).map(([, value]) => value);
  if (all('traceparent').length > 1) values[FIELD.TRACEPARENT] = '';
  if (all('tracestate').length > 1) values[FIELD.TRACESTATE] = all('tracestate').join(',');
  return values;
}

function decode(decoder: HpackDecoder, block: Uint8Array): HeaderFields {
  const fields = new HeaderFields();
  expect(decoder.decode(block, 0, block.length, fields)).toBe(true);
  return fields;
}

function decodeAll(...blocks: string[]): Record<string, string>[] {
  const decoder = new HpackDecoder();
  return blocks.map((block) => {
    const { values } = decode(decoder, bytesOf(block));
    return Object.fromEntries(
      Object.entries(FIELD).flatMap(([name, field]) => (values[field] === undefined ? [] : [[name, values[field]]])),
    );
  });
}

const REQUESTS = [
  { METHOD: 'GET', PATH: '/', AUTHORITY: 'www.example.com' },
  { METHOD: 'GET', PATH: '/', AUTHORITY: 'www.example.com' },
  { METHOD: 'GET', PATH: '/index.html', AUTHORITY: 'www.example.com' },
];
const RESPONSES = [{ STATUS: '302' }, { STATUS: '307' }, { STATUS: '200' }];

describe('HpackDecoder', () => {
  it('reads the requests of RFC 7541 C.3 and C.4', () => {
    expect(
      decodeAll(
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ),
    ).toEqual(REQUESTS);
    expect(
      decodeAll(
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ),
    ).toEqual(REQUESTS);
  });

  it('reads the responses of RFC 7541 C.5 and C.6, with a table of 256 bytes that evicts', () => {
    const resize = '3fe101';
    expect(
      decodeAll(
        `${resize}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
        '4803333037c1c0bf',
        '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
      ),
    ).toEqual(RESPONSES);
    expect(
      decodeAll(
        `${resize}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
        '4883640effc1c0bf',
        '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      ),
    ).toEqual(RESPONSES);
  });

  it('finds a name however it is spelt: plain, coded, or by index', () => {
    const coded = Buffer.from('9acac8b21234da8f', 'hex');
    const plain = Buffer.from('grpc-status');
    const value = Buffer.from('\x0212');
    const literal = (bytes: Buffer, flag: number): Buffer =>
      Buffer.concat([Buffer.from([0x40, flag | bytes.length]), bytes, value]);
    expect(decodeAll(literal(plain, 0).toString('hex'), 'be')).toEqual([{ GRPC_STATUS: '12' }, { GRPC_STATUS: '12' }]);
    expect(decodeAll(`${literal(coded, 0x80).toString('hex')}be`)).toEqual([{ GRPC_STATUS: '12' }]);
  });

  it('says no to what is no block, and knows nothing of the table after it', () => {
    const bad = ['80', '40', '418c', '7f', 'ffffffffffff7f', '3fffffffffffffff7f', '4182ffff', '448300000', 'c0ff80'];
    for (const block of [...bad, 'ff80808080808080808001']) {
      const decoder = new HpackDecoder();
      decode(decoder, bytesOf('410161'));
      const isValid = decoder.decode(bytesOf(block), 0, bytesOf(block).length, new HeaderFields());
      if (block !== 'c0ff80') expect(isValid, block).toBe(false);
      if (!isValid) expect(decode(decoder, bytesOf('be'))).toMatchObject({ unknown: 1 });
    }
  });

  it('takes up what is added after it began to watch, and calls the rest unknown', () => {
    const watched = new HpackDecoder();
    watched.forget();
    // Index 62 and 63 stand from before.
    expect(decode(watched, bytesOf('8284bebf'))).toMatchObject({ unknown: 2 });
    expect(decode(watched, bytesOf('8244022f61be'))).toMatchObject({ unknown: 0 });
    const again = decode(watched, bytesOf('bebf'));
    expect(again.values[FIELD.PATH]).toBe('/a');
    expect(again.unknown).toBe(1);
  });

  it('forgets entries that a smaller table has no room for', () => {
    const decoder = new HpackDecoder();
    decode(decoder, bytesOf('44022f61'));
    expect(decode(decoder, bytesOf('20be'))).toMatchObject({ unknown: 1 });
  });

  /** The others are in the wire formats of earlier drafts. */
  const stories = readdirSync(CORPUS).filter((name) => isFinalFormat(join(CORPUS, name, 'story_00.json')));
  it.each(stories)(
    'reads the public corpus as encoded by %s, from its beginning and from anywhere',
    { timeout: 60_000 },
    (encoder) => {
      for (const file of readdirSync(join(CORPUS, encoder))) {
        const { cases } = JSON.parse(readFileSync(join(CORPUS, encoder, file), 'utf8')) as {
          cases: { wire: string; headers: Record<string, string>[] }[];
        };
        const list = cases.map(({ wire, headers }) => ({
          block: bytesOf(wire),
          values: expected(headers.flatMap((header) => Object.entries(header))),
        }));
        const whole = new HpackDecoder();
        for (const { block, values } of list) expect(decode(whole, block)).toMatchObject({ values, unknown: 0 });
        const late = new HpackDecoder();
        late.forget();
        for (const { block, values } of list.slice(Math.floor(list.length / 3))) {
          const fields = decode(late, block);
          for (const [field, value] of fields.values.entries()) {
            if (value !== undefined || fields.unknown === 0) expect(value).toBe(values[field]);
          }
        }
      }
    },
  );

  const names = fc.constantFrom(':path', ':authority', 'user-agent', 'traceparent', 'x-other', 'grpc-timeout', 'te');
  const values = fc.oneof(
    fc.constantFrom('/a', '/b', '1S', 'trailers', ''),
    fc.string({ maxLength: 300 }).map((text) => `=${text}`),
  );
  const blocks = fc.array(
    fc.array(fc.tuple(names, values, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 12 }),
    { minLength: 1, maxLength: 20 },
  );

  it('reads what hpack.js writes, and from the middle of it only what is so', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(blocks, fc.nat(20), fc.constantFrom(4096, 256, 100), (list, begin, size) => {
        const compressor = hpackJs.compressor.create({ table: { maxSize: size } });
        const whole = new HpackDecoder();
        const late = new HpackDecoder();
        late.forget();
        for (const [index, headers] of list.entries()) {
          compressor.write(
            headers.map(([name, value, huffman, incremental]) => ({ name, value, huffman, incremental })),
          );
          const block = Uint8Array.from(compressor.read());
          const ascii = (text: string): string => Buffer.from(text).toString();
          const truth = expected(headers.map(([name, value]) => [name, ascii(value)]));
          expect(decode(whole, block)).toMatchObject({ values: truth, unknown: 0 });
          if (index < begin) continue;
          const fields = decode(late, block);
          for (const [field, value] of fields.values.entries()) {
            // Of a field that comes twice, the first may be the unknown one.
            if (value !== undefined && fields.unknown === 0) expect(value).toBe(truth[field]);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never throws, and ends, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (list) => {
        const decoder = new HpackDecoder();
        for (const block of list) decoder.decode(block, 0, block.length, new HeaderFields());
      }),
      { numRuns: 2000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEYLA_ABI_VERSION, HEAD_RECORD, RECORD_HEADER, RECORD_KIND, TURN_RECORD } from '../events/layout.gen.ts';
import { chunk, close, head, turn } from '../testing/records.ts';
import { RecordedProtocols } from './recorded-protocols.ts';
import { redactBatch } from './redact.ts';

function record(text: string): Uint8Array {
  const data = Buffer.from(text, 'latin1');
  const bytes = new Uint8Array((TURN_RECORD.size + data.length + 7) & ~7);
  const view = new DataView(bytes.buffer);
  view.setUint32(RECORD_HEADER.sizeOffset, TURN_RECORD.size + data.length, true);
  bytes[RECORD_HEADER.kind] = RECORD_KIND.TURN;
  bytes[RECORD_HEADER.abi] = BEYLA_ABI_VERSION;
  view.setBigUint64(TURN_RECORD.sock, 0xffff_8880_1234_5678n, true);
  view.setUint16(TURN_RECORD.captured, data.length, true);
  bytes.set(data, TURN_RECORD.size);
  return bytes;
}

function redacted(text: string): string {
  const bytes = record(text);
  redactBatch(bytes);
  return Buffer.from(bytes.subarray(TURN_RECORD.size, TURN_RECORD.size + text.length)).toString('latin1');
}

describe('redactBatch()', () => {
  it('masks query values, credentials and the body, and nothing else', () => {
    expect(
      redacted(
        'POST /a?user=bob&t=x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer abc\r\nContent-Length: 4\r\n\r\nsecr',
      ),
    ).toBe('POST /a?user=***&t=* HTTP/1.1\r\nHost: h\r\nAuthorization:***********\r\nContent-Length: 4\r\n\r\n****');
  });

  it('keeps the framing of a chunked body', () => {
    expect(redacted('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')).toBe(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n*****\r\n0\r\n\r\n',
    );
  });

  it('masks every message of a pipelined turn', () => {
    expect(redacted('GET /?a=1 HTTP/1.1\r\nCookie: c\r\n\r\nGET /?b=2 HTTP/1.1\r\nCookie: d\r\n\r\n')).toBe(
      'GET /?a=* HTTP/1.1\r\nCookie:**\r\n\r\nGET /?b=* HTTP/1.1\r\nCookie:**\r\n\r\n',
    );
  });

  it('masks a credential that goes on in a line that begins with white space', () => {
    expect(redacted('GET / HTTP/1.1\r\nCookie: a\r\n\tb=c\r\nHost: h\r\n\r\n')).toBe(
      'GET / HTTP/1.1\r\nCookie:**\r\n****\r\nHost: h\r\n\r\n',
    );
  });

  it('masks what was captured of a head that is cut', () => {
    expect(redacted('GET /?a=bc&d=ef')).toBe('GET /?a=**&d=**');
    expect(redacted('HTTP/1.1 200 OK\nSet-Cookie : abc')).toBe('HTTP/1.1 200 OK\nSet-Cookie :****');
  });

  it('leaves alone turns of protocols that it does not know', () => {
    const text = 'PRI\x00 * HTTP/2.0\r\nCookie: a\r\n\r\n';
    expect(redacted(text)).toBe(text);
  });

  const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
  const HEADERS = '\x00\x00\x05\x01\x04\x00\x00\x00\x01\x82\x86\x84secret';

  /** The contents of records after they went through as one batch each. */
  function recorded(...records: Uint8Array[]): string[] {
    const protocols = new RecordedProtocols();
    return records.map((one) => {
      const bytes = one.slice();
      redactBatch(bytes, 0, protocols);
      const captured = new DataView(bytes.buffer).getUint16(TURN_RECORD.captured, true);
      return Buffer.from(bytes.subarray(TURN_RECORD.size, TURN_RECORD.size + captured)).toString('latin1');
    });
  }

  it('keeps of HTTP/2 nothing but its preface, in turns and in stream mode, of both sides', () => {
    const masked = '*'.repeat(HEADERS.length);
    expect(
      recorded(
        turn({ bytes: PREFACE + HEADERS }),
        chunk({ bytes: HEADERS, direction: 'out' }),
        chunk({ bytes: 'GET /secret HTTP/1.1\r\n' }),
        turn({ bytes: HEADERS, connection: 7 }),
      ),
    ).toEqual([PREFACE + masked, masked, '*'.repeat(22), HEADERS]);
  });

  it('keeps nothing of a connection in stream mode that has not said anything like HTTP/1, and forgets it at its close', () => {
    const masked = '*'.repeat(HEADERS.length);
    const protocols = new RecordedProtocols();
    const content = (bytes: Uint8Array): string => {
      redactBatch(bytes, 0, protocols);
      return Buffer.from(bytes.subarray(TURN_RECORD.size, TURN_RECORD.size + HEADERS.length)).toString('latin1');
    };
    expect(content(chunk({ bytes: HEADERS, connection: 5 }))).toBe(masked);
    expect(protocols.isHttp1(5)).toBe(false);
    redactBatch(close({ connection: 5 }), 0, protocols);
    expect(protocols.isHttp1(5)).toBeUndefined();
  });

  it('goes on with HTTP/1 in stream mode, also where the first call was a few letters', () => {
    expect(
      recorded(
        chunk({ bytes: 'GE' }),
        chunk({ bytes: 'T /?a=b HTTP/1.1\r\n\r\n' }),
        chunk({ bytes: 'HTTP/1.1 200 OK\r\n\r\nbody', direction: 'out' }),
        chunk({ bytes: 'more' }),
      ).map((text) => text.slice(0, 8)),
    ).toEqual(['GE', 'T /?a=* ', 'HTTP/1.1', 'more']);
  });

  it('masks credentials in the pieces of a head, also where a line is cut between two of them', () => {
    const pieces = [
      'de=secret\r\nHost: h\r\nCook',
      'ie: a=secret\r\nX-Api-Key: sec',
      'ret\r\nAccept: */*\r\nAuthorization:',
      ' Bearer secret\r\n\r\n',
    ];
    const protocols = new RecordedProtocols();
    let offset = 512;
    const texts = pieces.map((text) => {
      const bytes = head({ seq: 1, offset, bytes: text });
      offset += text.length;
      redactBatch(bytes, 0, protocols);
      return Buffer.from(bytes.subarray(HEAD_RECORD.size)).toString('latin1');
    });
    expect(texts).toEqual([
      ':********\r\nHost: h\r\nCook',
      'ie:*********\r\nX-Api-Key:****',
      '***\r\nAccept: */*\r\nAuthorization:',
      '**************\r\n\r\n',
    ]);
  });

  it('keeps the end of a request line whose target goes on behind the prefix', () => {
    const bytes = head({ seq: 1, offset: 512, bytes: '&token=secret HTTP/1.1\r\nHost: h\r\n\r\n' });
    redactBatch(bytes);
    expect(Buffer.from(bytes.subarray(HEAD_RECORD.size)).toString('latin1')).toBe(
      '************* HTTP/1.1\r\nHost: h\r\n\r\n',
    );
  });

  it('clears the kernel address', () => {
    const bytes = record('GET / HTTP/1.1\r\n\r\n');
    redactBatch(bytes);
    expect(new DataView(bytes.buffer).getBigUint64(TURN_RECORD.sock, true)).toBe(0n);
  });

  it.each(['EXEC', 'LISTEN'] as const)('empties %s records, which tell of processes that are not selected', (kind) => {
    const bytes = new Uint8Array(32).fill(0xee);
    new DataView(bytes.buffer).setUint32(RECORD_HEADER.sizeOffset, 28, true);
    bytes[RECORD_HEADER.kind] = RECORD_KIND[kind];
    redactBatch(bytes);
    expect([...bytes.subarray(RECORD_HEADER.size)]).toEqual([...Array(20).fill(0), ...Array(4).fill(0xee)]);
  });

  it('ends, and keeps lengths, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const copy = bytes.slice();
        redactBatch(copy);
        expect(copy.length).toBe(bytes.length);
      }),
    );
  });

  it('ends on any text after a head', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        redacted(`GET /?q=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${text.replace(/[^\x20-\xff\r\n]/g, '')}`);
      }),
    );
  });
});

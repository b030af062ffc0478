import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEYLA_ABI_VERSION, RECORD_HEADER, RECORD_KIND, TURN_RECORD } from '../events/layout.gen.ts';
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

  it('leaves alone what is not HTTP/1', () => {
    const text = 'PRI\x00 * HTTP/2.0\r\nCookie: a\r\n\r\n';
    expect(redacted(text)).toBe(text);
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../testing/records.ts';
import { maskHead } from './mask-head.ts';

function masked(head: string, keepsPaths = false): string {
  const bytes = bytesOf(head);
  maskHead(bytes, 0, bytes.length, keepsPaths);
  return Buffer.from(bytes).toString('latin1');
}

describe('maskHead()', () => {
  it('leaves method, version, host, trace context and what frames the message', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const kept = `Host: shop.example:8080\r\ntraceparent: ${traceparent}\r\nContent-Length: 4\r\n`;
    expect(masked(`POST /a/bc?t=x HTTP/1.1\r\n${kept}X-Vault-Token: s.abc\r\nReferer: /?t=1\r\n\r\n`)).toBe(
      `POST /*/**?*** HTTP/1.1\r\n${kept}*************:******\r\n*******:******\r\n\r\n`,
    );
    expect(masked('HTTP/1.1 404 My secret\r\nTransfer-Encoding: x, chunked\r\nUpgrade: h2c\r\n\r\n')).toBe(
      'HTTP/1.1 404 *********\r\nTransfer-Encoding:**, chunked\r\nUpgrade: h2c\r\n\r\n',
    );
  });

  it('leaves paths and the names of parameters where that is asked for', () => {
    expect(masked('GET /users/7?token=abc&flag HTTP/1.0\r\n\r\n', true)).toBe(
      'GET /users/7?token=***&flag HTTP/1.0\r\n\r\n',
    );
  });

  it.each([
    ['Host: user:secret@h', 'Host:**************'],
    ['Content-Length: secret', 'Content-Length:*******'],
    ['traceparent: secret', 'traceparent:*******'],
    ['Upgrade: secret', 'Upgrade:*******'],
    ['Transfer-Encoding: secret', 'Transfer-Encoding:*******'],
    ['Content-Length : 7', '***************:**'],
    ['no colon here', '*************'],
    ['X: a\r\n\tsecret', '*:**\r\n\t******'],
    ['Host: h\r\n secret', 'Host:**\r\n ******'],
  ])('masks %j', (line, expected) => {
    expect(masked(`GET / HTTP/1.1\r\n${line}\r\n\r\n`)).toBe(`GET / HTTP/1.1\r\n${expected}\r\n\r\n`);
  });

  it.each([
    ['http://h.example/secret?x', 'http://h.example/******?*'],
    ['https://user:secret@h/x', 'https://*************/*'],
    ['http://h.example', 'http://h.example'],
    ['secret.example:443', '******************'],
  ])('masks of the target %j what is no scheme and no host', (target, expected) => {
    expect(masked(`GET ${target} HTTP/1.1\r\n\r\n`)).toBe(`GET ${expected} HTTP/1.1\r\n\r\n`);
  });

  it('masks a cut line that is not proven to be one of a request', () => {
    expect(masked('hunter2GET / HTTP/1.1\r\nHost: h\r\n\r\n')).toBe('********** / HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(masked('GET / HTTP/1.1\r\nHost: whole\r\nHost: use')).toBe('GET / HTTP/1.1\r\nHost: whole\r\nHost:****');
    expect(masked('AUTH hunter2')).toBe('************');
    expect(masked('hunter2')).toBe('*******');
    expect(masked('HTT')).toBe('HTT');
    expect(masked('DELE')).toBe('DELE');
    expect(masked('hunter2 /x HTTP/1.')).toBe('******************');
    expect(masked('GET http://hunter2')).toBe('GET http://*******');
    expect(masked('GET /hunter2')).toBe('GET /*******');
    expect(masked('GET /hunter2 HTT')).toBe('GET /******* HTT');
    expect(masked('GET /hunter2 secret\r\n')).toBe('GET /**************\r\n');
    expect(masked('HTTP/1.1 2')).toBe('HTTP/1.1 2');
    expect(masked('HTTP/1.secret')).toBe('HTTP/1.******');
  });

  it('leaves every line end, and no word of a head that it does not know', () => {
    const word = fc.string({ minLength: 4, maxLength: 12, unit: fc.constantFrom('q', 'Q', 'z', '7', '-') });
    const separator = fc.constantFrom(' ', ': ', '\r\n', '\n', '\r\n ', '\r\n\t', '?', '/', ';', ',', '\r', '\r\n\r\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, separator), { maxLength: 20 }), fc.boolean(), (words, isResponse) => {
        const text = words.flat().join('');
        const whole = masked(`${isResponse ? 'HTTP/1.1 200 ' : 'GET /'}${text}`);
        expect(whole.replace(/[^\n]/g, '')).toBe(text.replace(/[^\n]/g, ''));
        expect(whole).not.toMatch(/[qQz7-]/);
      }),
      { numRuns: 2000 },
    );
  });
});

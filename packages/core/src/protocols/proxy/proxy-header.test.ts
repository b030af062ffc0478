import { describe, expect, it } from 'vitest';
import { HEADER_OPEN, NO_HEADER, proxyHeaderLength } from './proxy-header.ts';

const V2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x1f\x90\0\x50';

function lengthOf(text: string): number {
  const bytes = Uint8Array.from(`..${text}`, (char) => char.charCodeAt(0));
  return proxyHeaderLength(bytes, 2, bytes.length);
}

describe('proxyHeaderLength', () => {
  it.each(['PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n', 'PROXY UNKNOWN\r\n', V2, '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0'])(
    'is that of %j, which may come in pieces',
    (header) => {
      expect(lengthOf(`${header}GET / HTTP/1.1\r\n`)).toBe(header.length);
      for (let bytes = 1; bytes < header.length; bytes++) expect(lengthOf(header.slice(0, bytes))).toBe(HEADER_OPEN);
    },
  );

  it.each([
    '',
    'POST / HTTP/1.1\r\n',
    'PROXYING',
    'PROXY a\rb',
    '\r\nGET / HTTP/1.1',
    `PROXY ${'x'.repeat(200)}`,
    `${V2.slice(0, 12)}\x11\x11\0\0`,
  ])('is none of %j', (text) => {
    expect(lengthOf(text)).toBe(NO_HEADER);
  });
});

import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../testing/records.ts';
import { ChunkedScanner } from './chunked.ts';

function scan(text: string, pieceSize = text.length): { scanner: ChunkedScanner; consumed: number } {
  const scanner = new ChunkedScanner();
  const bytes = bytesOf(text);
  let consumed = 0;
  while (consumed < bytes.length && !scanner.isDone && !scanner.isInvalid) {
    consumed = scanner.scan(bytes, consumed, Math.min(bytes.length, consumed + pieceSize));
  }
  return { scanner, consumed };
}

describe('ChunkedScanner', () => {
  it('counts data without framing and stops behind the last chunk', () => {
    const { scanner, consumed } = scan('4\r\nwiki\r\n5;a="b"\r\npedia\r\n0\r\nX: 1\r\nY: 2\r\n\r\nGET /');
    expect(scanner.isDone).toBe(true);
    expect(scanner.bodyBytes).toBe(9);
    expect(consumed).toBe('4\r\nwiki\r\n5;a="b"\r\npedia\r\n0\r\nX: 1\r\nY: 2\r\n\r\n'.length);
  });

  it('gives the same for one byte at a time, and for bare line feeds', () => {
    expect(scan('A\r\n0123456789\r\n0\r\n\r\n', 1).scanner).toMatchObject({ bodyBytes: 10, isDone: true });
    expect(scan('a\n0123456789\n0\n\n', 1).scanner).toMatchObject({ bodyBytes: 10, isDone: true });
  });

  it.each(['\r\n', 'x\r\n', '-1\r\n', '3\r\nabcd', 'ffffffffffffff\r\n', '3\rabc'])('refuses %j', (text) => {
    expect(scan(text).scanner.isInvalid).toBe(true);
  });

  it('passes over data that was not captured, and no further', () => {
    const { scanner } = scan('64\r\nabc');
    expect(scanner.skip(500)).toBe(97);
    expect(scanner.skip(500)).toBe(0);
    const rest = bytesOf('\r\n0\r\n\r\n');
    scanner.scan(rest, 0, rest.length);
    expect(scanner).toMatchObject({ isDone: true, bodyBytes: 100 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactQuery, redactUserInfo } from './redact.ts';

describe('redactQuery()', () => {
  it.each([
    ['', ''],
    ['a=1&b=2', 'a=1&b=2'],
    ['token=abc', 'token=REDACTED'],
    ['a=1&password=x%26y&b=2', 'a=1&password=REDACTED&b=2'],
    ['X-Amz-Signature=00ff&X-Amz-Date=2026', 'X-Amz-Signature=REDACTED&X-Amz-Date=2026'],
    ['p%61ssword=x', 'p%61ssword=REDACTED'],
    ['TOKEN=abc', 'TOKEN=abc'],
    ['token', 'token'],
    ['token=', 'token=REDACTED'],
    ['token=a=b', 'token=REDACTED'],
    ['%zz=1&sig=2', '%zz=1&sig=REDACTED'],
    ['&&=&=x', '&&=&=x'],
  ])('%j gives %j', (query, redacted) => {
    expect(redactQuery(query)).toBe(redacted);
  });

  it('never throws and never lets the value of a sensitive key through', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const redacted = redactQuery(`${before}&api_key=S3CR3T&${after}`);
        expect(redacted).not.toContain('S3CR3T');
      }),
    );
  });
});

describe('redactUserInfo()', () => {
  it('replaces user and password and nothing else', () => {
    expect(redactUserInfo('http://me:pw@shop.example/a@b')).toBe('http://REDACTED:REDACTED@shop.example/a@b');
    expect(redactUserInfo('https://me@shop.example')).toBe('https://REDACTED:REDACTED@shop.example');
    expect(redactUserInfo('http://shop.example/a@b?c=@')).toBe('http://shop.example/a@b?c=@');
    expect(redactUserInfo('/a@b')).toBe('/a@b');
  });
});

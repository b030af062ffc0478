import { describe, expect, it } from 'vitest';
import { formatAddress } from './endpoint.ts';

function ipv6(...groups: number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

describe('formatAddress()', () => {
  it.each([
    ['127.0.0.1', ipv6(0, 0, 0, 0, 0, 0xffff, 0x7f00, 1)],
    ['::1', ipv6(0, 0, 0, 0, 0, 0, 0, 1)],
    ['::', ipv6(0, 0, 0, 0, 0, 0, 0, 0)],
    ['2001:db8::1', ipv6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)],
    // RFC 5952 §4.2.2: one zero group is not shortened; §4.2.3: of equal runs the first is.
    ['2001:db8:0:1:1:1:1:1', ipv6(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1)],
    ['2001:db8::1:0:0:1', ipv6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1)],
    ['1:0:0:2::', ipv6(1, 0, 0, 2, 0, 0, 0, 0)],
    ['fe80::abcd:0:0:5', ipv6(0xfe80, 0, 0, 0, 0xabcd, 0, 0, 5)],
  ])('writes %s', (text, bytes) => {
    expect(formatAddress(bytes, 0)).toBe(text);
    expect(formatAddress(bytes, 0)).toBe(text);
  });
});

import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../testing/records.ts';
import { proxySource } from './proxy-source.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

function v1(line: string): unknown {
  const bytes = bytesOf(`${line}\r\n`);
  return proxySource(bytes, 0, bytes.length);
}

function v2(hex: string): unknown {
  const bytes = Uint8Array.from(Buffer.from(`ee${SIGNATURE}${hex}`, 'hex'));
  return proxySource(bytes, 1, bytes.length);
}

describe('proxySource()', () => {
  it.each([
    ['PROXY TCP4 192.0.2.1 192.0.2.2 56324 80', { address: '192.0.2.1', port: 56324 }],
    ['PROXY TCP6 2001:DB8:0:0:0:0:0:1 ::1 7 80', { address: '2001:db8::1', port: 7 }],
    ['PROXY UNKNOWN', undefined],
    ['PROXY UNKNOWN 192.0.2.1 192.0.2.2 56324 80', undefined],
    ['PROXY TCP4 2001:db8::1 ::1 7 80', undefined],
    ['PROXY TCP6 192.0.2.1 192.0.2.2 7 80', undefined],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 70000 80', undefined],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 7', undefined],
  ])('reads %j', (line, source) => {
    expect(v1(line)).toEqual(source);
  });

  it.each([
    ['TCP over IPv4', '2111000cc0000201c0000202dc040050', { address: '192.0.2.1', port: 56324 }],
    ['TCP over IPv4, and more', '2111000fc0000201c0000202dc04005004000000', { address: '192.0.2.1', port: 56324 }],
    [
      'TCP over IPv6',
      `21210024${'20010db8000000000000000000000001'.repeat(2)}dc040050`,
      { address: '2001:db8::1', port: 56324 },
    ],
    ['a proxy that speaks for itself', '2011000cc0000201c0000202dc040050', undefined],
    ['UDP', '2112000cc0000201c0000202dc040050', undefined],
    ['too few bytes', '21110004c0000201', undefined],
    ['no addresses', '21000000', undefined],
  ])('reads version 2: %s', (_name, hex, source) => {
    expect(v2(hex)).toEqual(source);
  });
});

import { describe, expect, it } from 'vitest';
import { authorityFromHost, hostInUrl } from './authority.ts';

describe('authorityFromHost()', () => {
  it.each([
    ['shop.example', { address: 'shop.example', port: undefined }],
    ['shop.example:8080', { address: 'shop.example', port: 8080 }],
    ['[::1]:8080', { address: '::1', port: 8080 }],
    ['[::1]', { address: '::1', port: undefined }],
    ['shop.example:', { address: 'shop.example', port: undefined }],
    ['shop.example:0', { address: 'shop.example', port: undefined }],
    ['shop.example:99999', { address: 'shop.example', port: undefined }],
    ['::1', { address: '::1', port: undefined }],
    ['shop.example:http', { address: 'shop.example:http', port: undefined }],
    [':80', undefined],
    ['', undefined],
  ])('%j gives %j', (host, authority) => {
    expect(authorityFromHost(host)).toEqual(authority);
  });
});

describe('hostInUrl()', () => {
  it('puts IPv6 in brackets', () => {
    expect(hostInUrl('::1')).toBe('[::1]');
    expect(hostInUrl('10.0.0.1')).toBe('10.0.0.1');
  });
});

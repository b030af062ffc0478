import type { Endpoint } from '../spans/span.ts';

const CACHE_MAX = 4096;
const cache = new Map<string, string>();

function group(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function isMapped(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[start + i] !== 0) return false;
  return bytes[start + 10] === 0xff && bytes[start + 11] === 0xff;
}

/** RFC 5952: lower-case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
function formatIpv6(bytes: Uint8Array, start: number): string {
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && group(bytes, start + 2 * (i + length)) === 0) length++;
    if (length > runLength) {
      runStart = i;
      runLength = length;
    }
    i += length;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      text += '::';
      i += runLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += group(bytes, start + 2 * i).toString(16);
  }
  return text;
}

/** The 16 bytes at `start`, in network order: IPv4 (mapped) dotted, IPv6 as RFC 5952 has it. */
export function formatAddress(bytes: Uint8Array, start: number): string {
  if (isMapped(bytes, start)) {
    return `${bytes[start + 12]}.${bytes[start + 13]}.${bytes[start + 14]}.${bytes[start + 15]}`;
  }
  let key = '';
  for (let i = 0; i < 16; i += 2) key += String.fromCharCode(group(bytes, start + i));
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= CACHE_MAX) cache.clear();
  const text = formatIpv6(bytes, start);
  cache.set(key, text);
  return text;
}

/** One end of a connection; a Unix socket has no port and, as the kernel reports it, no path. Without a port an address is not known. */
export function endpointFrom(bytes: Uint8Array, start: number, port: number, isUnix: boolean): Endpoint {
  if (isUnix) return { address: '', port: 0, transport: 'unix' };
  return { address: port === 0 ? '' : formatAddress(bytes, start), port };
}

import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Connection } from '../../connections/connection.ts';
import { formatAddress } from '../../connections/endpoint.ts';
import { newText } from '../text.ts';

const V1 = /^PROXY (TCP[46]) ([\da-f:.]+) [\da-f:.]+ (\d{1,5}) \d{1,5}\r\n$/i;
const V2_BYTES = 16;
const PROXIED = 1;
/** Family and transport: TCP over IPv4, over IPv6. */
const TCP4 = 0x11;
const TCP6 = 0x21;
const TCP4_BYTES = 12;
const TCP6_BYTES = 36;
const PORT_MAX = 65_535;

/**
 * On whose behalf a proxy connects, by its whole header `bytes[start..end)`. Undefined where it says that it connects on its own, or over anything but TCP.
 */
export function proxySource(bytes: Uint8Array, start: number, end: number): Connection['client'] {
  return bytes[start] === 0x0d ? v2Source(bytes, start, end) : v1Source(newText(bytes, start, end));
}

function v1Source(line: string): Connection['client'] {
  const [, family, address = '', digits] = V1.exec(line) ?? [];
  const port = Number(digits);
  if (!(port <= PORT_MAX)) return undefined;
  if (family === 'TCP4') return isIPv4(address) ? { address, port } : undefined;
  return isIPv6(address) ? { address: new SocketAddress({ address, family: 'ipv6' }).address, port } : undefined;
}

function v2Source(bytes: Uint8Array, start: number, end: number): Connection['client'] {
  const addresses = start + V2_BYTES;
  if (((bytes[start + 12] ?? 0) & 15) !== PROXIED) return undefined;
  const family = bytes[start + 13];
  if (family === TCP4 && addresses + TCP4_BYTES <= end) {
    return { address: bytes.subarray(addresses, addresses + 4).join('.'), port: portAt(bytes, addresses + 8) };
  }
  if (family === TCP6 && addresses + TCP6_BYTES <= end) {
    return { address: formatAddress(bytes, addresses), port: portAt(bytes, addresses + 32) };
  }
  return undefined;
}

function portAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

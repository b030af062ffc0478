import type { HttpRequestSpan } from '@beyla/core';
import type { AttributeSet } from './attributes.ts';

/** Names in version 1.20 of the conventions by the stable ones. */
const OLD_NAMES: readonly (readonly [stable: string, old: string])[] = [
  ['http.request.method', 'http.method'],
  ['http.response.status_code', 'http.status_code'],
  ['http.request.body.size', 'http.request_content_length'],
  ['http.response.body.size', 'http.response_content_length'],
  ['url.scheme', 'http.scheme'],
  ['url.full', 'http.url'],
  ['client.address', 'http.client_ip'],
  ['network.protocol.version', 'net.protocol.version'],
  ['network.peer.address', 'net.sock.peer.addr'],
  ['network.peer.port', 'net.sock.peer.port'],
];

/** Adds to the stable attributes of a span those that they replaced. */
export function addOldHttpAttributes(attributes: AttributeSet, kind: HttpRequestSpan['kind']): void {
  const [host, path, query] = [attributes['server.address'], attributes['url.path'], attributes['url.query']];
  for (const [stable, old] of OLD_NAMES) {
    const value = attributes[stable];
    if (value !== undefined) attributes[old] = value;
  }
  const side = kind === 'http.server' ? 'net.host' : 'net.peer';
  if (host !== undefined) attributes[`${side}.name`] = host;
  const port = attributes['server.port'];
  if (port !== undefined) attributes[`${side}.port`] = port;
  if (path !== undefined) attributes['http.target'] = query === undefined ? path : `${path}?${query}`;
}

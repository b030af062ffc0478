import { describe, expect, it } from 'vitest';
import { InterpreterHarness } from '../testing/interpreter-harness.ts';
import { turn } from '../testing/records.ts';
import { Networks } from './networks.ts';

const HEADER = 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 80\r\n';
const REQUEST = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Two requests on a connection from 127.0.0.1. */
function clientsOf(trustedProxies: readonly string[], header: string): unknown[] {
  const harness = new InterpreterHarness({ trustedProxies });
  const texts = [`${header}${REQUEST}`, RESPONSE, REQUEST, RESPONSE];
  const offsets = { in: 0, out: 0 };
  harness.batch(
    texts.map((bytes, index) => {
      const direction = index % 2 === 0 ? 'in' : 'out';
      const record = turn({ seq: index + 1, role: 'server', direction, bytes, offsetBytes: offsets[direction] });
      offsets[direction] += bytes.length;
      return record;
    }),
  );
  return harness.spans.map(({ client }) => client);
}

describe('Networks', () => {
  it('knows addresses and networks of both families', () => {
    const proxies = new Networks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'], 'these');
    const addresses = ['10.9.8.7', '11.0.0.1', '192.0.2.7', '192.0.2.8', '2001:db8::1', '2001:db9::1', ''];
    expect(addresses.map((address) => proxies.has(address))).toEqual([true, false, true, false, true, false, false]);
  });

  it.each(['', '10.0.0.0/33', '10.0.0/8', 'localhost', '2001:db8::/129', '10.0.0.0/8/8', '10.0.0.0/'])(
    'refuses %j',
    (network) => {
      expect(() => new Networks([network], 'these')).toThrow(/expected an address or a network/);
    },
  );
});

describe('the client of a span', () => {
  const source = { address: '192.0.2.1', port: 56324 };

  it('is what a trusted proxy says, for all requests of its connection', () => {
    expect(clientsOf(['127.0.0.0/8'], HEADER)).toEqual([source, source]);
  });

  it('is not known by the word of others, or of none', () => {
    expect(clientsOf([], HEADER)).toEqual([undefined, undefined]);
    expect(clientsOf(['10.0.0.0/8'], HEADER)).toEqual([undefined, undefined]);
    expect(clientsOf(['127.0.0.1'], '')).toEqual([undefined, undefined]);
    expect(clientsOf(['127.0.0.1'], 'PROXY UNKNOWN\r\n')).toEqual([undefined, undefined]);
  });
});

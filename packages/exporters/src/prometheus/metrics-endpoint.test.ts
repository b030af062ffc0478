import { once } from 'node:events';
import { type AgentOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { selfSigned } from '../../../../test/support/self-signed.ts';
import { type EndpointLimits, type EndpointOptions, MetricsEndpoint } from './metrics-endpoint.ts';

const LINE = `some_metric{label="${'x'.repeat(1_000)}"} 1\n`;

let endpoint: MetricsEndpoint;
const sockets: Socket[] = [];
/** Pages that were written. */
let written = 0;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await endpoint.stop();
});

async function listening(limits?: Partial<EndpointLimits>, options: Partial<EndpointOptions> = {}): Promise<void> {
  written = 0;
  function* pieces(): Generator<string> {
    written += 1;
    for (let i = 0; i < 8_000; i += 1) yield LINE;
  }
  endpoint = new MetricsEndpoint(
    { host: '127.0.0.1', port: 0, ...options },
    [{ path: '/metrics', hasProtobuf: false, write: () => pieces() }],
    { connections: 128, readMs: 30_000, ...limits },
  );
  await endpoint.listen();
}

function scrape(options: AgentOptions & { tls?: boolean } = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const ask = options.tls === true ? requestTls : request;
    const asked = ask(
      { port: endpoint.port, path: '/metrics', agent: false, rejectUnauthorized: false },
      (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        response.on('end', () => resolve(length));
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

/** Connects and sends this; reads nothing. */
async function occupant(text = ''): Promise<Socket> {
  const socket = connect({ port: Number(endpoint.port), host: '127.0.0.1' });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.pause();
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const GET = 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n';

describe('MetricsEndpoint', () => {
  it('holds no more connections than it may, and a scraper comes through', async () => {
    await listening({ connections: 10 });
    for (let i = 0; i < 50; i += 1) await occupant();
    expect(await scrape()).toBe(8_000 * LINE.length);
    expect(endpoint.stats()).toMatchObject({ cut_connections: 41, scrapes: 1 });
  });

  it('does so with TLS, too', async () => {
    await listening({ connections: 10 }, { tls: (await selfSigned()).tls });
    for (let i = 0; i < 50; i += 1) await occupant();
    expect(await scrape({ tls: true })).toBe(8_000 * LINE.length);
    expect(endpoint.stats()).toMatchObject({ cut_connections: 41, scrapes: 1 });
  });

  it('shares a page among the scrapes of a moment', async () => {
    await listening();
    const lengths = await Promise.all(Array.from({ length: 100 }, () => scrape()));
    expect(new Set(lengths)).toEqual(new Set([8_000 * LINE.length]));
    expect(written).toBeLessThan(10);
    expect(endpoint.stats()).toMatchObject({ scrapes: 100, failed_scrapes: 0, cut_connections: 0 });
  });

  it('makes the page anew for who comes when all have read', async () => {
    await listening();
    await scrape();
    await scrape();
    expect(written).toBe(2);
  });

  it('cuts off who reads too slowly', async () => {
    await listening({ readMs: 1_500 });
    const slow = await occupant(GET);
    await vi.waitFor(() => expect(endpoint.stats()).toMatchObject({ failed_scrapes: 1 }), 10_000);
    slow.resume();
    await once(slow, 'close');
  });

  it('slow readers hold few pages, whatever their number', async () => {
    await listening();
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    for (let i = 0; i < 100; i += 1) await occupant(GET);
    await vi.waitFor(() => expect(endpoint.stats().scrapes).toBe(100), 10_000);
    await scrape();
    const { arrayBuffers, external } = process.memoryUsage();
    expect(arrayBuffers + external - before).toBeLessThan(20 * 8_000 * LINE.length);
  });

  it('answers one request of a connection at a time', async () => {
    await listening();
    const many = await occupant(GET.repeat(1_000));
    many.resume();
    await once(many, 'close');
    expect(endpoint.stats().scrapes).toBeLessThan(3);
    expect(await scrape()).toBe(8_000 * LINE.length);
  });

  it('closes the connection of who does not know the password', async () => {
    await listening({}, { basicAuth: { username: 'a', password: 'b' } });
    const stranger = await occupant(GET);
    stranger.resume();
    await once(stranger, 'close');
    expect(endpoint.stats()).toMatchObject({ refused_scrapes: 1, scrapes: 0 });
  });
});

import { type Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { runNode } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const MOST = 64;

function ask(port: number, path: string, agent: Agent | false = false): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ port, path, agent }, (response) => response.resume().on('end', resolve));
    request.on('error', reject);
  });
}

async function idle(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  return sockets;
}

function said(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve) => {
    socket.once('data', () => resolve());
    socket.write(text);
  });
}

describe('more idle connections than there is room for', needsBpf, () => {
  it('of one service do not blind another, whether they were ever used or not, and lose nothing when they come back', async () => {
    const [crowded, other] = [use(await runNode()), use(await runNode())];
    const watching = use(await watch({ pids: [crowded.pid, other.pid], tracer: { maxConnections: MOST } }));
    const counters = () => watching.beyla.stats().source;
    const used = await idle(crowded.port, MOST / 2);
    for (const [i, socket] of used.entries()) await said(socket, `GET /hello?first${i} HTTP/1.1\r\nhost: x\r\n\r\n`);
    const unused = await idle(crowded.port, 2 * MOST);
    await vi.waitFor(() => expect(counters()['connections_evicted']).toBeGreaterThan(0), 10_000);
    const fullBefore = counters()['connections_full'] ?? 0;
    for (let i = 0; i < 100; i += 1) await ask(other.port, `/hello?other${i}`);
    await watching.settledWith((span) => span.kind === 'http.server' && span.query?.startsWith('other') === true, 100);
    for (const [i, socket] of used.entries()) await said(socket, `GET /hello?again${i} HTTP/1.1\r\nhost: x\r\n\r\n`);
    for (const [i, socket] of unused.slice(0, 20).entries())
      await said(socket, `GET /hello?late${i} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await watching.settled(MOST / 2 + 100 + MOST / 2 + 20);
    expect((counters()['connections_full'] ?? 0) - fullBefore).toBe(0);
    const { drops } = watching.beyla.stats();
    expect(Object.entries(drops).filter(([, count]) => count > 0)).toEqual([]);
  });

  it('requests that find no room are counted once', async () => {
    const [crowded, other] = [use(await runNode()), use(await runNode())];
    const watching = use(await watch({ pids: [crowded.pid, other.pid], tracer: { maxConnections: MOST } }));
    // Requests that are under way are not idle: these get no answer before they are whole.
    const busy = await idle(crowded.port, MOST);
    for (const socket of busy) socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf');
    await vi.waitFor(() => expect(watching.beyla.stats().source['connections']).toBe(MOST), 10_000);
    for (let i = 0; i < 50; i += 1) await ask(other.port, `/hello?lost${i}`);
    await vi.waitFor(() => expect(watching.beyla.stats().drops['kernel.connections_full']).toBe(50), 10_000);
    expect(watching.beyla.health().status).toBe('degraded');
  });
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const CLIENT = fileURLToPath(new URL('../apps/reconnecting-client.py', import.meta.url));

async function listen(): Promise<number> {
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

describe.each(SOURCES)('a socket that disconnects and connects again, with the source %s', (source) => {
  describe('to another peer', needsSource(source), () => {
    it('is another connection: every request has its own peer and port', async () => {
      const ports = [await listen(), await listen(), await listen()];
      const client = use(await runApp('reconnecting', '/usr/bin/python3', [CLIENT]));
      const watching = use(await watch({ pids: [client.pid], tracer: { source } }));
      const told = client.line(/^DONE (.*)$/);
      client.write(`${ports.join(' ')}\n`);
      const own = ((await told)[1] ?? '').split(' ').map(Number);
      await watching.settled(ports.length);
      const spans = await watching.finish();
      const seen = spans.map(({ path, remote, local }) => [path, remote.port, local.port]);
      expect(seen.toSorted()).toEqual(ports.map((port, index) => [`/to/${port}`, port, own[index]]).toSorted());
      expect(totalDrops(watching.beyla)).toBe(0);
      expect(watching.beyla.stats().source['connections']).toBe(ports.length);
    });
  });
});

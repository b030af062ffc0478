import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ofKind, totalDrops } from '../support/account.ts';
import { needsBpf, unless } from '../support/capability.ts';
import { Network, noNetwork } from '../support/network.mjs';
import { runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const SHORT_CONNECTIONS = fileURLToPath(new URL('../apps/short-connections.py', import.meta.url));
const THREADS = 16;
const CONNECTIONS = 150;
/** Some may go without the moment at which their request arrived, if they say so. */
const MOST_READ = 0.1;

/** What the client did: by its port, before it sent the request and after it read the answer. */
type Log = [port: number, beginNs: number, endNs: number][];

/** Spans of a kind by the port that their path names, in order; a port may be used again. */
function portsOf(paths: readonly string[]): string[] {
  return paths.toSorted();
}

describe('a network of hosts', needsBpf.skip ? needsBpf : unless(noNetwork), () => {
  it('loses nothing where softirqs interrupt: short connections over veth with receive packet steering', async () => {
    const network = use(new Network());
    const [address] = network.addresses;
    const python = ['/usr/bin/python3', SHORT_CONNECTIONS];
    const server = use(await runApp('serve', ...network.on(0, [...python, 'serve', address])));
    const client = use(await runApp('ask', ...network.on(1, [...python, 'ask', address, String(server.port)])));
    const watching = use(await watch({ pids: [server.pid, client.pid], tracer: { ringBytes: 16 << 20 } }));
    const told = client.line(/^DONE (.*)$/);
    client.write(`${THREADS} ${CONNECTIONS}\n`);
    const log = JSON.parse((await told)[1] ?? '') as Log;
    await watching.settled(2 * log.length);
    const spans = await watching.finish();
    expect(totalDrops(watching.beyla)).toBe(0);
    const wanted = portsOf(log.map(([port]) => `/${port}`));
    const servers = ofKind(spans, 'http.server');
    const clients = ofKind(spans, 'http.client');
    expect(portsOf(servers.map(({ path }) => path))).toEqual(wanted);
    expect(portsOf(clients.map(({ path }) => path))).toEqual(wanted);
    for (const { path, remote, statusCode, errorType } of servers) {
      expect([`/${remote.port}`, remote.address, statusCode, errorType]).toEqual([
        path,
        network.addresses[1],
        200,
        undefined,
      ]);
    }
    for (const { path, local, statusCode, errorType } of clients) {
      expect([`/${local.port}`, local.address, statusCode, errorType]).toEqual([
        path,
        network.addresses[1],
        200,
        undefined,
      ]);
    }
    // None begins before it was sent, or is taken to have arrived at another time.
    const begins = new Map(log.map(([port, beginNs]) => [`/${port}`, beginNs]));
    const first = log.map(([port]) => `/${port}`);
    for (const span of servers) {
      if (first.indexOf(span.path) !== first.lastIndexOf(span.path)) continue;
      expect(span.startNs).toBeGreaterThanOrEqual(begins.get(span.path) ?? 0);
    }
    const read = servers.filter(({ startSource }) => startSource !== 'segment');
    expect(read.every(({ startSource }) => startSource === 'read')).toBe(true);
    expect(read.length).toBeLessThan(MOST_READ * servers.length);
  });
});

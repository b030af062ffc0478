import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { RequestSpan, SourceName } from '@beyla/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, freePort, runApp, runNode } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const APPS = new URL('../apps/', import.meta.url).pathname;
const GETS = 20;
const NGHTTPD = '/usr/sbin/nghttpd';

const runProxy = (args: readonly string[] = []): Promise<App> =>
  runApp('connect-proxy', process.execPath, [`${APPS}connect-proxy.mjs`, ...args]);
const runClient = (): Promise<App> => runApp('tunnel-client', process.execPath, [`${APPS}tunnel-client.mjs`]);

function tlsFiles(): ReturnType<typeof makeTlsFiles> {
  const files = makeTlsFiles();
  onTestFinished(files.remove);
  return files;
}

const facts = ({ kind, scheme, method, path, ...span }: RequestSpan): string =>
  `${kind} ${scheme} ${method} ${path} ${'statusCode' in span ? span.statusCode : ''} ${span.errorType ?? ''}`.trim();

const gets = (kind: string, scheme: string): string[] =>
  Array.from({ length: GETS }, (_, n) => `${kind} ${scheme} GET /users/${n} 200`);

async function watchAll(source: SourceName, ...apps: readonly App[]): Promise<Watch> {
  return use(await watch({ pids: apps.map(({ pid }) => pid), tracer: { source } }));
}

for (const source of SOURCES) {
  describe(`Tunnels with the source ${source}`, needsSource(source), () => suite(source));
}

function suite(source: SourceName): void {
  it.each([false, true])('a client: the CONNECT, and what it asks for inside (TLS: %s)', async (isTls) => {
    const tls = tlsFiles();
    const server = use(await runNode(isTls ? ['--tls', tls.cert, tls.key] : []));
    const proxy = use(await runProxy());
    const client = use(await runClient());
    const watching = await watchAll(source, client);
    const done = client.line(/^DONE/);
    client.write(`${proxy.port} ${server.port} ${GETS}${isTls ? ` ${tls.ca}` : ''}\n`);
    await done;
    await watching.settled(1 + GETS);
    const spans = await watching.finish();
    const connect = `http.client http CONNECT 127.0.0.1:${server.port} 200`;
    expect(spans.map(facts).sort()).toEqual([connect, ...gets('http.client', isTls ? 'https' : 'http')].sort());
    expect(totalDrops(watching.beyla)).toBe(0);
    const [opening] = spans.filter(({ method }) => method === 'CONNECT');
    const [first] = spans.filter(({ path }) => path === '/users/0');
    expect(opening?.endNs).toBeLessThanOrEqual(first?.startNs ?? 0);
  });

  it('a proxy: the CONNECT, and what goes through in the clear', async () => {
    const server = use(await runNode());
    const proxy = use(await runProxy());
    const client = use(await runClient());
    const watching = await watchAll(source, proxy);
    const done = client.line(/^DONE/);
    client.write(`${proxy.port} ${server.port} ${GETS}\n`);
    await done;
    await watching.settled(1 + 2 * GETS);
    const spans = await watching.finish();
    const connect = `http.server http CONNECT 127.0.0.1:${server.port} 200`;
    expect(spans.map(facts).sort()).toEqual(
      [connect, ...gets('http.server', 'http'), ...gets('http.client', 'http')].sort(),
    );
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it.each([
    ['curl', ['-sk', '-o', '/dev/null', '--proxy', 'http://127.0.0.1:PROXY', 'https://127.0.0.1:PORT/users/1']],
    ['curl', ['-s', '-p', '-o', '/dev/null', '--proxy', 'http://127.0.0.1:PROXY', 'http://127.0.0.1:PORT/users/1']],
  ])('a proxy that %s uses with %j', async (program, args) => {
    const isTls = args.some((arg) => arg.startsWith('https:'));
    const tls = tlsFiles();
    const server = use(await runNode(isTls ? ['--tls', tls.cert, tls.key] : []));
    const proxy = use(await runProxy());
    const watching = await watchAll(source, proxy);
    const filled = args.map((arg) => arg.replace('PROXY', String(proxy.port)).replace('PORT', String(server.port)));
    const [code] = await once(spawn(program, filled, { stdio: 'ignore' }), 'exit');
    expect(code).toBe(0);
    await watching.settled(1);
    // With it go all of its connections.
    await proxy.stop();
    const spans = await watching.finish();
    expect(spans.map(facts)).toContain(`http.server http CONNECT 127.0.0.1:${server.port} 200`);
    expect(spans).toHaveLength(isTls ? 1 : 3);
    // What it only passes on is nobody's lost request, on neither of its connections.
    expect(totalDrops(watching.beyla)).toBe(0);
    expect(watching.beyla.stats().source['tls_passed_on']).toBe(isTls ? 2 : 0);
  });

  it.skipIf(!existsSync(NGHTTPD))('HTTP/2 in the clear, seen from the proxy and its client', async () => {
    const port = await freePort();
    use(await runApp('nghttpd', NGHTTPD, ['--no-tls', '-v', String(port)], { ready: /listen/, port }));
    const proxy = use(await runProxy());
    const client = use(await runClient());
    const watching = await watchAll(source, proxy, client);
    const done = client.line(/^DONE/);
    client.write(`${proxy.port} ${port} ${GETS} - h2\n`);
    await done;
    await watching.settled(2 + 3 * GETS);
    const spans = await watching.finish();
    const inside = (kind: string): string[] =>
      Array.from({ length: GETS }, (_, n) => `${kind} http GET /users/${n} 404`);
    const opening = ['http.client', 'http.server'].map((kind) => `${kind} http CONNECT 127.0.0.1:${port} 200`);
    expect(spans.map(facts).sort()).toEqual(
      [...opening, ...inside('http.client'), ...inside('http.client'), ...inside('http.server')].sort(),
    );
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it.each(['client', 'proxy'])(
    'TLS within the TLS of a proxy, seen from the %s: the CONNECT, and no word of what is inside',
    async (who) => {
      const tls = tlsFiles();
      const server = use(await runNode(['--tls', tls.cert, tls.key]));
      const proxy = use(await runProxy(['--tls', tls.cert, tls.key]));
      const client = use(await runClient());
      const watching = await watchAll(source, who === 'client' ? client : proxy);
      const done = client.line(/^DONE/);
      client.write(`${proxy.port} ${server.port} ${GETS} ${tls.ca} tls\n`);
      await done;
      await watching.settled(1);
      const spans = await watching.finish();
      const kind = who === 'client' ? 'http.client' : 'http.server';
      expect(spans.map(facts)).toEqual([`${kind} https CONNECT 127.0.0.1:${server.port} 200`]);
      const { 'kernel.tap_unbound': unbound = 0, ...others } = watching.beyla.stats().drops;
      // Each is a read or a write of a session that no socket is known of. The proxy has lost none of its own requests.
      if (who === 'client') expect(unbound).toBeGreaterThanOrEqual(GETS);
      else expect(unbound).toBe(0);
      expect(Object.values(others).reduce((sum, count) => sum + count, 0)).toBe(0);
    },
  );
}

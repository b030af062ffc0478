import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestSpan, SourceName } from '@beyla/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, runApp, runNode } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const APPS = new URL('../apps/', import.meta.url).pathname;
const GETS = 20;

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
    const spans = await watching.finish();
    expect(spans.map(facts)).toContain(`http.server http CONNECT 127.0.0.1:${server.port} 200`);
    expect(spans).toHaveLength(isTls ? 1 : 3);
  });
}

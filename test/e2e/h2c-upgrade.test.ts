import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isHttpSpan, type RequestSpan, type SourceName } from '@beyla/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runLogging } from '../matrix/row.mjs';
import { totalDrops } from '../support/account.ts';
import { APACHE_MODULES, apacheConfig } from '../support/apache-config.mjs';
import { needsSource, SOURCES, unless } from '../support/capability.ts';
import { type App, freePort, runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const APACHE = '/usr/sbin/apache2';
const JDK_CLIENT = new URL('../apps/H2cClient.java', import.meta.url).pathname;
const BIG_BYTES = 100_000;
const LOG_TIMEOUT_MS = 10_000;
/** What a server answers first, and then others on the same connection. */
const PATHS = ['/ok.txt?first', '/big.txt', '/none/1', '/ok.txt', '/none/2?a=b'];

interface Server {
  readonly app: App;
  readonly url: string;
  /** Resolves with the client's own port of the connection that it was asked by first. */
  clientPort(): Promise<string>;
}

/** Apache httpd, which grants HTTP/2 to who asks for it by Upgrade. Its MPM event ends such a connection as soon as it is idle. */
async function serve(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'h2c-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const port = await freePort();
  const log = join(folder, 'access.log');
  writeFileSync(join(folder, 'ok.txt'), 'ok');
  writeFileSync(join(folder, 'big.txt'), 'x'.repeat(BIG_BYTES));
  const modules = ['mpm_worker', 'authz_core', 'http2'];
  const lines = ['LogFormat "%{remote}p" port', `CustomLog ${log} port`, 'ServerLimit 1', 'StartServers 1'];
  lines.push('ThreadsPerChild 25', 'MaxRequestWorkers 25', 'KeepAliveTimeout 60', `Listen 127.0.0.1:${port}`);
  lines.push('Protocols h2c http/1.1', 'H2Upgrade on');
  const config = apacheConfig(folder, modules, lines);
  writeFileSync(join(folder, 'apache.conf'), config);
  const args = ['-D', 'FOREGROUND', '-f', join(folder, 'apache.conf')];
  const app = use(await runLogging(APACHE, args, join(folder, 'error.log'), 'resuming normal operations'));
  const loggedPort = (): string => /^\d+/.exec(readFileSync(log, 'utf8'))?.[0] ?? '';
  const clientPort = async (): Promise<string> => {
    await expect.poll(loggedPort, { timeout: LOG_TIMEOUT_MS }).not.toBe('');
    return loggedPort();
  };
  return { app, url: `http://127.0.0.1:${port}`, clientPort };
}

/** java.net.http, which offers HTTP/2 with its first request and goes on with it. */
async function jdk(): Promise<App> {
  return use(await runApp('H2cClient', 'java', [JDK_CLIENT], { ready: /^READY$/, port: 0 }));
}

/** Makes these requests, one after the other; what they were. */
async function ask(client: App, url: string, paths: readonly string[]): Promise<string[]> {
  const asked: string[] = [];
  for (const path of paths) {
    const done = client.line(/^DONE HTTP_2 (\d+)/);
    client.write(`${url}${path}\n`);
    asked.push(`GET ${path} ${(await done)[1]}`);
  }
  return asked;
}

/** Client port, method, target, status. */
function wordsOf(span: RequestSpan, side: 'server' | 'client'): string {
  if (!isHttpSpan(span)) return span.kind;
  const { port } = side === 'server' ? span.remote : span.local;
  const query = span.query === undefined ? '' : `?${span.query}`;
  expect(span).toMatchObject({ kind: `http.${side}`, protocolVersion: '2', scheme: 'http' });
  return `${port} ${span.method} ${span.path}${query} ${span.statusCode}`;
}

/** What was seen is what the client says, whatever the order. */
async function expectTruth(watching: Watch, side: 'server' | 'client', truth: readonly string[]): Promise<void> {
  await watching.settled(truth.length);
  const spans = await watching.finish();
  expect(spans.map((span) => wordsOf(span, side)).sort()).toEqual([...truth].sort());
  expect(totalDrops(watching.beyla)).toBe(0);
}

const cause = [APACHE, `${APACHE_MODULES}/mod_http2.so`, '/usr/bin/java', '/usr/bin/curl'].find(
  (file) => !existsSync(file),
);

describe('HTTP/2 by Upgrade', unless(cause && `needs ${cause}`), () => {
  for (const source of SOURCES) describe(`with the source ${source}`, needsSource(source), () => suite(source));
});

function suite(source: SourceName): void {
  const watched = async (pids: readonly number[]): Promise<Watch> => use(await watch({ pids, tracer: { source } }));

  it.each(['server', 'client'] as const)(
    'is seen from its first request on, from the %s: JDK, Apache',
    async (side) => {
      const [server, client] = [await serve(), await jdk()];
      const watching = await watched(side === 'server' ? server.app.pids() : [client.pid]);
      const asked = await ask(client, server.url, PATHS);
      const port = await server.clientPort();
      const truth = asked.map((request) => `${port} ${request}`);
      await expectTruth(watching, side, truth);
    },
  );

  it.each(['server', 'client'] as const)(
    'is seen from its first request on, from the %s: curl, Apache',
    async (side) => {
      const server = await serve();
      const curl = use(await runApp('curl', 'curl', ['--config', '-'], { ready: 'spawned', port: 0 }));
      const watching = await watched(side === 'server' ? server.app.pids() : [curl.pid]);
      const said = text(curl.child.stdout as Readable);
      const transfer = (path: string): string => `url = "${server.url}${path}"
output = /dev/null
http2
write-out = "%{local_port} GET ${path} %{response_code}\\n"
`;
      curl.child.stdin?.end(PATHS.map(transfer).join('next\n'));
      await expectTruth(watching, side, (await said).trim().split('\n'));
    },
  );

  it.each(['server', 'client'] as const)('is taken up later, from the %s', async (side) => {
    const [server, client] = [await serve(), await jdk()];
    await ask(client, server.url, PATHS);
    const port = await server.clientPort();
    const watching = await watched(side === 'server' ? server.app.pids() : [client.pid]);
    const asked = await ask(client, server.url, [...PATHS, ...PATHS]);
    await watching.accounted(asked.length);
    const spans = await watching.finish();
    expect(spans.length + totalDrops(watching.beyla)).toBe(asked.length);
    expect(spans.length).toBeGreaterThan(0);
    for (const span of spans) {
      // A field that refers to what was said before is not known.
      const words = wordsOf(span, side).split(' ');
      const fits = (request: string): boolean =>
        `${port} ${request}`
          .split(' ')
          .every((word, at) => word === words[at] || ['', 'undefined'].includes(words[at] ?? ''));
      expect(asked.filter(fits), words.join(' ')).not.toEqual([]);
    }
  });
}

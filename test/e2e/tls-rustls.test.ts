import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpClientSpan, HttpServerSpan } from '@beyla/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cached, tool } from '../matrix/cache.mjs';
import { copySources, sourcesOf } from '../matrix/sources.mjs';
import { ofKind } from '../support/account.ts';
import { needsBpf, optional } from '../support/capability.ts';
import { type App, runApp } from '../support/run-app.mjs';
import { makeTlsFiles, type TlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const CONNECTIONS = 4;
const REQUESTS = 30;
const SOURCES = fileURLToPath(new URL('../apps/rustls/', import.meta.url));
const needsRust = optional(
  spawnSync('cargo', ['--version']).status === 0 ? undefined : 'needs Rust to build the program',
);

const PROVIDERS = ['aws-lc-rs', 'ring'];
const SUITES = [
  'TLS13_AES_256_GCM_SHA384',
  'TLS13_AES_128_GCM_SHA256',
  'TLS13_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
];

let files: TlsFiles;
let program: string;

describe('TLS of rustls', { ...needsBpf, ...needsRust }, () => {
  beforeAll(async () => {
    files = makeTlsFiles();
    const inputs = [await tool('cargo', ['--version']), ...sourcesOf(SOURCES)];
    const folder = await cached('rustls-app', inputs, async (at) => {
      copySources(SOURCES, at);
      const env = { CARGO_TARGET_DIR: join(at, 'target') };
      await tool('nice', ['-n', '10', 'cargo', 'build', '-q', '--locked', '--release'], { cwd: at, env });
    });
    program = join(folder, 'target/release/rustls-app');
  }, 600_000);
  afterAll(() => files?.remove());

  function run(...args: string[]): Promise<App> {
    return runApp(`rustls-${args[0]}`, program, args);
  }

  /** Both ends of these suites, one after another, by the same two processes. */
  async function expectExact(provider: string, suites: readonly string[]): Promise<void> {
    const server = use(await run('serve', provider, files.cert, files.key));
    const client = use(await run('get', provider, files.ca));
    const watching = use(await watch({ pids: [server.pid, client.pid] }));
    for (const suite of suites) {
      const done = client.line(/^DONE/);
      client.write(`${server.port} ${suite} ${CONNECTIONS} ${REQUESTS}\n`);
      await done;
    }
    const paths = suites.flatMap(everyPath).sort();
    await watching.settled(2 * paths.length);
    const spans = await watching.finish();
    const servers = ofKind(spans, 'http.server');
    const clients = ofKind(spans, 'http.client');
    expect(pathsOf(servers)).toEqual(paths);
    expect(pathsOf(clients)).toEqual(paths);
    const strange = [...servers, ...clients].filter(
      ({ statusCode, scheme }) => statusCode !== 200 || scheme !== 'https',
    );
    expect(strange).toEqual([]);
    expect(portsOf(servers, 'remote')).toEqual(portsOf(clients, 'local'));
  }

  describe.each(PROVIDERS)('%s', (provider) => {
    it.each(SUITES)('%s: each request is one span of each end, also after the keys were changed', async (suite) => {
      await expectExact(provider, [suite]);
    });
  });

  it('a program that uses rustls and OpenSSL is seen through both', async () => {
    await expectExact('ring', ['openssl', 'TLS13_AES_256_GCM_SHA384']);
  });
});

function everyPath(suite: string): string[] {
  const paths: string[] = [];
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    for (let number = 0; number < REQUESTS; number++) paths.push(`/${suite}/${connection}/${number}`);
  }
  return paths.sort();
}

function pathsOf(spans: readonly (HttpServerSpan | HttpClientSpan)[]): string[] {
  return spans.map(({ path }) => path).sort();
}

/** Which port of the client each request was on: the two ends must tell the same. */
function portsOf(spans: readonly (HttpServerSpan | HttpClientSpan)[], end: 'local' | 'remote'): Map<string, number> {
  const ports = spans.map((span) => [span.path, span[end].port] as const);
  return new Map(ports.sort(([a], [b]) => a.localeCompare(b)));
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestSpan } from '@beyla/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { totalDrops } from '../support/account.ts';
import { needsBpf, optional } from '../support/capability.ts';
import { type App, runApp } from '../support/run-app.mjs';
import { makeTlsFiles, type TlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const CONNECTIONS = 20;
const REQUESTS = 50;
const TOTAL = CONNECTIONS * REQUESTS;
const SOURCE = new URL('../apps/go-tls/main.go', import.meta.url).pathname;
const needsGo = optional(spawnSync('go', ['version']).status === 0 ? undefined : 'needs Go to build the program');

/** How the program is built: names of builds that lack something, with what the build is told. */
const BUILDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['with symbols', []],
  ['stripped', ['-ldflags=-s -w']],
  ['stripped and position-independent', ['-buildmode=pie', '-ldflags=-s -w']],
];

let directory: string;
let files: TlsFiles;
const programs = new Map<string, string>();

describe('TLS of Go', { ...needsBpf, ...needsGo }, () => {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'beyla-go-'));
    files = makeTlsFiles();
    for (const [name, args] of BUILDS) {
      const path = join(directory, name.replaceAll(' ', '-'));
      const env = { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off' };
      execFileSync('go', ['build', '-o', path, ...args, SOURCE], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      programs.set(name, path);
    }
  }, 600_000);
  afterAll(() => {
    files?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  function run(build: string, ...args: string[]): Promise<App> {
    return runApp(`go-tls-${args[0]}`, programs.get(build) as string, args);
  }

  /** Runs the client to its end. */
  async function drive(client: App, port: number): Promise<void> {
    const done = client.line(/^DONE$/);
    client.write(`${port}\n`);
    await done;
  }

  it.each(BUILDS)('%s: each request is one server span and one client span with its own path', async (build) => {
    const server = use(await run(build, 'serve', files.cert, files.key));
    const client = use(await run(build, 'get', files.ca, String(CONNECTIONS), String(REQUESTS)));
    const watching = use(await watch({ pids: [server.pid, client.pid] }));
    await drive(client, server.port);
    await watching.settled(2 * TOTAL);
    await watching.finish();
    expect(keysOf(watching.spans, server.pid)).toEqual(expectedKeys('http.server'));
    expect(keysOf(watching.spans, client.pid)).toEqual(expectedKeys('http.client'));
    expect(portsOf(watching.spans, server.pid)).toEqual(portsOf(watching.spans, client.pid));
  });

  it('where a goroutine closes another connection than the one it has written to', async () => {
    const server = use(await run('stripped', 'serve', files.cert, files.key));
    const client = use(await run('stripped', 'spare', files.ca, String(REQUESTS)));
    const watching = use(await watch({ pids: [server.pid, client.pid] }));
    await drive(client, server.port);
    await watching.settled(2 * REQUESTS);
    await watching.finish();
    const wanted = (kind: string): string[] =>
      Array.from({ length: REQUESTS }, (_, number) => `${kind} GET /go/0/${number} 200 https`).sort();
    expect(keysOf(watching.spans, server.pid)).toEqual(wanted('http.server'));
    expect(keysOf(watching.spans, client.pid)).toEqual(wanted('http.client'));
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it('attached while the traffic runs: what is reported is right, and nothing twice', async () => {
    const server = use(await run('stripped', 'serve', files.cert, files.key));
    const client = use(await run('stripped', 'get', files.ca, String(CONNECTIONS)));
    client.write(`${server.port}\n`);
    const watching = use(await watch({ pids: [server.pid] }));
    await watching.settled(TOTAL);
    const done = client.line(/^DONE$/);
    client.write('stop\n');
    await done;
    await watching.finish();
    const keys = watching.spans.map(keyOf);
    for (const key of keys) expect(key).toMatch(/^http\.server GET \/go\/\d+\/\d+ 200 https$/);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

function keyOf(span: RequestSpan): string {
  if (span.kind !== 'http.server' && span.kind !== 'http.client') return span.kind;
  return `${span.kind} ${span.method} ${span.path} ${span.statusCode} ${span.scheme}`;
}

function keysOf(spans: readonly RequestSpan[], pid: number): string[] {
  return spans
    .filter(({ process }) => process.pid === pid)
    .map(keyOf)
    .sort();
}

function expectedKeys(kind: string): string[] {
  const keys: string[] = [];
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    for (let number = 0; number < REQUESTS; number++) keys.push(`${kind} GET /go/${connection}/${number} 200 https`);
  }
  return keys.sort();
}

/** Which port of the client each request was on: the two ends must tell the same. */
function portsOf(spans: readonly RequestSpan[], pid: number): ReadonlyMap<string, number | undefined> {
  const own = spans.filter(({ process }) => process.pid === pid);
  const ports = own.map((span) => [span.path, (span.kind === 'http.server' ? span.remote : span.local)?.port] as const);
  return new Map(ports.sort(([a], [b]) => a.localeCompare(b)));
}

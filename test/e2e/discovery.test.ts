import { copyFileSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessSelector } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, recordKey, spanKey } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { type App, freePort, runNode, runPython } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

/** Longer than any test: what is found, is found by event. */
const NEVER_MS = 3_600_000;
const LOAD = { targets: ['GET /users/{n}', 'GET /status/404'], connections: 4, requests: 25 };

let words = 0;

/** A word that is on no other command line of the machine. */
function uniqueWord(): string {
  return `beyla-test-${process.pid}-${words++}`;
}

/** A copy of the node binary with a path that no other process runs. */
function uniqueNode(): string {
  const directory = mkdtempSync(join(tmpdir(), 'beyla-exe-'));
  use({ stop: async () => rmSync(directory, { recursive: true }) });
  const path = join(directory, uniqueWord());
  try {
    linkSync(process.execPath, path);
  } catch {
    copyFileSync(process.execPath, path);
  }
  return path;
}

async function watchFor(...instrument: ProcessSelector[]): Promise<Watch> {
  return use(await watch({ discovery: { instrument, pollIntervalMs: NEVER_MS } }));
}

/** Traffic to an app that is selected by now is reported exactly. */
async function expectExact(watching: Watch, app: App): Promise<void> {
  await watching.started(({ pid }) => pid === app.pid);
  const before = watching.spans.length;
  const records = await sendLoad({ ...LOAD, port: app.port });
  await watching.settled(before + records.length);
  expect(countBy(watching.spans.slice(before), spanKey)).toEqual(countBy(records, recordKey));
}

describe('discovery', needsBpf, () => {
  it('finds a running process by the port it listens on', async () => {
    const app = use(await runNode());
    await expectExact(await watchFor({ openPorts: app.port, name: 'shop', namespace: 'demo' }), app);
  });

  it('finds a running process by a port range, and gives it the name and namespace of the selector', async () => {
    const app = use(await runNode());
    const watching = await watchFor({ openPorts: `${app.port}-${app.port}`, name: 'shop', namespace: 'demo' });
    const { service } = await watching.started(({ pid }) => pid === app.pid);
    expect([service.name, service.namespace]).toEqual(['shop', 'demo']);
  });

  it.each([
    ['a glob', (path: string) => ({ exePath: path.replace(/^.*\//, '*/') })],
    ['a regular expression', (path: string) => ({ exePathRegexp: `${path.replace(/^.*\//, '')}$` })],
  ])('finds a running process by %s on its executable', async (_, selector) => {
    const executable = uniqueNode();
    const app = use(await runNode([], { executable }));
    await expectExact(await watchFor(selector(executable)), app);
  });

  it('finds a running process by its id, and names it after its script', async () => {
    const app = use(await runNode());
    const watching = await watchFor({ targetPids: [app.pid] });
    await expectExact(watching, app);
    expect(watching.processes.map(({ service }) => service.name)).toEqual(['node-server']);
  });

  it('finds a running process by its command line', async () => {
    const word = uniqueWord();
    const app = use(await runNode([word]));
    await expectExact(await watchFor({ cmdArgs: `*${word}*` }), app);
  });

  it('selects only what meets every criterion of a selector', async () => {
    const word = uniqueWord();
    const both = use(await runNode([word]));
    const one = use(await runNode([word]));
    const watching = await watchFor({ cmdArgs: `*${word}*`, openPorts: both.port });
    await expectExact(watching, both);
    await sendLoad({ ...LOAD, port: one.port });
    await expectExact(watching, both);
    expect(watching.processes.map(({ pid }) => pid)).toEqual([both.pid]);
  });

  it('finds a process that starts later', async () => {
    const word = uniqueWord();
    const watching = await watchFor({ cmdArgs: `*${word}*` });
    await expectExact(watching, use(await runNode([word])));
  });

  it('finds a process that begins to listen later', async () => {
    const port = await freePort();
    const app = use(await runNode(['--listen-on-stdin', '--port', String(port)], { ready: /^(WAITING)$/ }));
    const watching = await watchFor({ openPorts: port });
    expect(watching.processes).toEqual([]);
    const ready = app.line(/^READY (\d+)$/);
    app.write('listen\n');
    await ready;
    await expectExact(watching, Object.assign(app, { port }));
  });

  it('follows the children of a selected process', async () => {
    const app = use(await runPython('python-server.py', ['--forking']));
    const watching = await watchFor({ targetPids: [app.pid] });
    await expectExact(watching, app);
    expect(new Set(watching.spans.map(({ process }) => process.service.name))).toEqual(new Set(['python-server']));
  });

  it('lets go of a process that ends', async () => {
    const app = use(await runNode());
    const watching = await watchFor({ targetPids: [app.pid] });
    await watching.started(({ pid }) => pid === app.pid);
    await app.stop();
    await watching.ended(app.pid);
  });

  it('never selects what is excluded, even when it starts later', async () => {
    const word = uniqueWord();
    const instrument = [{ cmdArgs: `*${word}*` }];
    const exclude = [{ cmdArgs: `*${word} private*` }];
    const watching = use(await watch({ discovery: { instrument, exclude, pollIntervalMs: NEVER_MS } }));
    const secret = use(await runNode([word, 'private']));
    const app = use(await runNode([word]));
    await sendLoad({ ...LOAD, port: secret.port });
    await expectExact(watching, app);
    expect(watching.processes.map(({ pid }) => pid)).toEqual([app.pid]);
  });

  it('does not select the process it runs in unless asked', async () => {
    const server = createServer((_, response) => response.end('hello'));
    use({ stop: () => new Promise<void>((resolve) => void server.close(() => resolve())) });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const app = use(await runNode());
    const instrument = [{ openPorts: [port, app.port] }];

    const watching = use(await watch({ discovery: { instrument } }));
    await get(port);
    await expectExact(watching, app);
    expect(watching.processes.map(({ pid }) => pid)).toEqual([app.pid]);
    await watching.finish();

    const including = use(await watch({ discovery: { instrument, includeSelf: true } }));
    await including.started(({ pid }) => pid === process.pid);
    await get(port);
    await including.settled(1);
    expect(including.spans[0]?.process.pid).toBe(process.pid);
  });
});

async function get(port: number): Promise<void> {
  const connection = use(await RawConnection.open(port));
  await connection.exchange('GET /self HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n', /hello/);
}

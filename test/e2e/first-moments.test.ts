import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { totalDrops } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
import { freePort, runPython } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const CURL = '/usr/bin/curl';
const NEVER_MS = 3_600_000;
const run = promisify(execFile);

/** A copy of curl that no other process runs, in a directory where programs are looked for. */
function uniqueCurl(): string {
  const directory = mkdtempSync(join(tmpdir(), 'beyla-curl-'));
  const before = process.env['PATH'];
  process.env['PATH'] = `${before}:${directory}`;
  use({
    stop: async () => {
      process.env['PATH'] = before;
      rmSync(directory, { recursive: true });
    },
  });
  const path = join(directory, `curl-${process.pid}`);
  copyFileSync(CURL, path);
  return path;
}

async function startServer(): Promise<number> {
  const server = createServer((_, response) => response.end('hello'));
  use({ stop: () => new Promise<void>((resolve) => void server.close(() => resolve())) });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe.runIf(existsSync(CURL))('a client that lives for one request', needsBpf, () => {
  it.each([
    ['its path', (path: string) => path],
    ['a glob', (path: string) => path.replace(/^.*\//, '*/')],
  ])('is seen from its first run on when it is selected by %s', async (_, selector) => {
    const curl = uniqueCurl();
    const port = await startServer();
    const watching = use(
      await watch({ discovery: { instrument: [{ exePath: selector(curl) }], pollIntervalMs: NEVER_MS } }),
    );
    const paths = Array.from({ length: 30 }, (_, index) => `/run/${index}`);
    for (const path of paths) await run(curl, ['--silent', `http://127.0.0.1:${port}${path}`]);
    await watching.settled(paths.length);
    expect(watching.spans.map((span) => [span.kind, span.path, span.process.executable])).toEqual(
      paths.map((path) => ['http.client', path, curl]),
    );
  });
});

describe.runIf(existsSync(CURL))('a file with two names, one of which is selected', needsBpf, () => {
  it('is seen under that one only', async () => {
    const curl = uniqueCurl();
    const other = `${curl}-other`;
    linkSync(curl, other);
    const port = await startServer();
    const watching = use(await watch({ discovery: { instrument: [{ exePath: curl }], pollIntervalMs: NEVER_MS } }));
    for (let index = 0; index < 5; index++) await run(other, ['--silent', `http://127.0.0.1:${port}/other`]);
    await run(curl, ['--silent', `http://127.0.0.1:${port}/selected`]);
    await watching.settled(1);
    expect((await watching.finish()).map(({ path }) => path)).toEqual(['/selected']);
    expect(watching.processes.map(({ executable }) => executable)).toEqual([curl]);
  });
});

/** Asks for `/hello` over and over on kept connections, also while nobody listens; counts what was answered and what broke off. */
class Insistent {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  #isOver = false;
  answered = 0;
  brokenOff = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async run(): Promise<void> {
    while (!this.#isOver) await this.#ask();
    this.#agent.destroy();
  }

  end(): void {
    this.#isOver = true;
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => {
      let isSent = false;
      const request = get({ port: this.#port, path: '/hello', agent: this.#agent }, (response) => {
        response.resume().once('close', () => {
          if (response.complete) this.answered += 1;
          else this.brokenOff += 1;
          resolve();
        });
      });
      request.once('socket', (socket) => {
        if (socket.connecting) socket.once('connect', () => (isSent = true));
        else isSent = true;
      });
      request.once('error', () => {
        if (isSent) this.brokenOff += 1;
        setTimeout(resolve, 1);
      });
    });
  }
}

describe('a server that is restarted under load', needsBpf, () => {
  it.each([
    ['its port', (port: number) => ({ openPorts: port })],
    ['its port, where something is excluded', (port: number) => ({ openPorts: port })],
  ])('is seen from its first request on when it is selected by %s', async (name, selector) => {
    const port = await freePort();
    const exclude = name.endsWith('excluded') ? [{ exePath: '*/beyla-nobody-is-called-so' }] : [];
    const watching = use(
      await watch({ discovery: { instrument: [selector(port)], exclude, pollIntervalMs: NEVER_MS } }),
    );
    const clients = Array.from({ length: 3 }, () => new Insistent(port));
    const running = Promise.all(clients.map((client) => client.run()));
    const sum = (key: 'answered' | 'brokenOff'): number => clients.reduce((total, client) => total + client[key], 0);
    for (let life = 0; life < 20; life++) {
      const app = await runPython('python-server.py', ['--port', String(port)]);
      const before = sum('answered');
      await expect.poll(() => sum('answered') - before, { interval: 5, timeout: 10_000 }).toBeGreaterThan(20);
      await app.stop();
    }
    for (const client of clients) client.end();
    await running;
    await watching.accounted(sum('answered'));
    const spans = await watching.finish();
    const answered = spans.filter((span) => span.kind === 'http.server' && span.statusCode === 200).length;
    expect(answered).toBeLessThanOrEqual(sum('answered') + sum('brokenOff'));
    // What is missing was counted, and is no more than what a life of it or two said while this machine was busy elsewhere.
    expect(answered).toBeGreaterThan(sum('answered') * 0.9);
    expect(spans.length + totalDrops(watching.beyla)).toBeGreaterThanOrEqual(sum('answered'));
  });
});

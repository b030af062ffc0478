import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countBy, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { needsSource, optional, SOURCES } from '../support/capability.ts';
import { compileApp } from '../support/compile-app.mjs';
import { type App, runApp, runNode, runPython } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const REQUESTS = 20;
const FLAGS_32BIT = '-m32 -nostdlib -static -ffreestanding -fno-stack-protector -fno-pie -no-pie'.split(' ');

/** A Node program whose output is a Unix socket, since Node started it. It logs, line by line, as frameworks do. */
const LOGGER = `
  console.log('READY 0');
  process.stdin.once('data', () => {
    console.log('GET /users/7 200 1.5 ms - 12');
    console.log('GET /users/7 HTTP/1.1');
    console.log('GET /' + 'long/'.repeat(100) + ' 200');
    console.log('CONNECT example.org:443 - 200');
    console.log('GET /last');
  });
`;

function unixPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'beyla-unfollowed-'));
  use({ stop: async () => rmSync(directory, { recursive: true }) });
  return join(directory, 'socket');
}

/** Tells a client to send its requests, and resolves with its port when it has all the answers. */
async function ask(client: App, requests = REQUESTS): Promise<number> {
  const done = client.line(/^DONE (\d+)$/);
  client.write(`${requests}\n`);
  return Number((await done)[1]);
}

/** All that is lost was counted by this one reason, and told. */
function expectCounted(watching: Watch, reason: string, count: number, message: RegExp): void {
  const { drops } = watching.beyla.stats();
  expect(Object.fromEntries(Object.entries(drops).filter(([, lost]) => lost > 0))).toEqual({ [reason]: count });
  const { status, messages } = watching.beyla.health();
  expect(status).toBe('degraded');
  expect(messages).toContainEqual(expect.stringMatching(message));
}

function hasMptcp(): boolean {
  try {
    return readFileSync('/proc/sys/net/mptcp/enabled', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}

for (const source of SOURCES) {
  describe(`requests on Unix sockets with the source ${source}`, needsSource(source), () => {
    it('are not what a program logs, whose standard output often is such a socket', async () => {
      const logger = use(await runApp('logger', process.execPath, ['-e', LOGGER]));
      const watching = use(await watch({ pids: [logger.pid], tracer: { source } }));
      const logged = logger.line(/^GET \/last/);
      logger.write('go\n');
      await logged;
      expect(totalDrops(watching.beyla)).toBe(0);
      expect(watching.beyla.stats().source['capture_fault']).toBe(0);
    });

    it.each([
      { what: 'a server', observed: 'server', options: [] },
      { what: 'a client', observed: 'client', options: [] },
      { what: 'a server that reads a byte of each request by itself', observed: 'server', options: ['ahead'] },
    ])('are counted, and told, of $what', async ({ observed, options }) => {
      const path = unixPath();
      const server = use(await runPython('socket-kinds.py', ['serve', 'unix', path, ...options]));
      const client = use(await runPython('socket-kinds.py', ['ask', 'unix', path]));
      const pid = observed === 'server' ? server.pid : client.pid;
      const watching = use(await watch({ pids: [pid], tracer: { source } }));
      await ask(client);
      expectCounted(watching, 'kernel.unix_sockets', REQUESTS, /^20 requests or more on Unix sockets .* TCP port/);
      expect(await watching.finish()).toEqual([]);
    });
  });

  describe(`requests of 32-bit programs with the source ${source}`, needsSource(source), () => {
    it.each(['read', 'recv', 'socketcall', 'vector', 'message'])('are counted, and told: %s', async (calls) => {
      const server = use(await runApp('http-32bit', await compileApp('http-32bit.c', FLAGS_32BIT), [calls]));
      const watching = use(await watch({ pids: [server.pid], tracer: { source } }));
      const records = await sendLoad({
        port: server.port,
        targets: ['GET /users/{n}'],
        requests: REQUESTS,
        close: true,
      });
      expect(records).toHaveLength(REQUESTS);
      expectCounted(watching, 'kernel.compat', REQUESTS, /^20 requests or more of 32-bit programs .* 64-bit/);
      expect(watching.beyla.stats().source['turns']).toBe(0);
      expect(await watching.finish()).toEqual([]);
    });
  });

  const needs = hasMptcp() ? needsSource(source) : optional('the kernel has no Multipath TCP, or it is switched off');
  describe(`Multipath TCP with the source ${source}`, needs, () => {
    it('leaves plain clients of a listener that could speak it exact', async () => {
      const server = use(await runPython('socket-kinds.py', ['serve', 'mptcp']));
      const watching = use(await watch({ pids: [server.pid], tracer: { source, maxConnections: 64 } }));
      const load = { port: server.port, targets: ['GET /users/{n}'], connections: 2, requests: 50, close: true };
      const records = await sendLoad(load);
      await watching.settled(records.length);
      expect(totalDrops(watching.beyla)).toBe(0);
      expect(countBy(await watching.finish(), spanKey)).toEqual(countBy(records, recordKey));
    });

    it('is counted of a server whose clients speak it, and takes no room of others', async () => {
      const server = use(await runPython('socket-kinds.py', ['serve', 'mptcp']));
      const client = use(await runPython('socket-kinds.py', ['ask', 'mptcp', String(server.port)]));
      const watching = use(await watch({ pids: [server.pid], tracer: { source, maxConnections: 64 } }));
      for (let connection = 0; connection < 100; connection++) await ask(client, 2);
      expectCounted(watching, 'kernel.mptcp', 200, /^200 requests or more over Multipath TCP/);
      const records = await sendLoad({ port: server.port, targets: ['GET /users/{n}'], requests: REQUESTS });
      await watching.settled(records.length);
      expect(watching.beyla.stats().source['connections']).toBe(1);
      expect(countBy(await watching.finish(), spanKey)).toEqual(countBy(records, recordKey));
    });

    it.each(['mptcp', 'tcp'])('is counted of a client whose server speaks %s', async (kind) => {
      const server = use(await runPython('socket-kinds.py', ['serve', kind]));
      const client = use(await runPython('socket-kinds.py', ['ask', 'mptcp', String(server.port)]));
      const watching = use(await watch({ pids: [client.pid], tracer: { source } }));
      await ask(client);
      expectCounted(watching, 'kernel.mptcp', REQUESTS, /^20 requests or more over Multipath TCP/);
      expect(watching.beyla.stats().source['connections']).toBe(0);
      expect(await watching.finish()).toEqual([]);
    });

    it('of a client leaves a plain server exact, and its peer known', async () => {
      const server = use(await runNode());
      const client = use(await runPython('socket-kinds.py', ['ask', 'mptcp', String(server.port)]));
      const watching = use(await watch({ pids: [server.pid], tracer: { source } }));
      const port = await ask(client);
      const spans = await watching.settled(REQUESTS);
      expect(totalDrops(watching.beyla)).toBe(0);
      for (const { remote } of spans) expect(remote).toEqual({ address: '127.0.0.1', port });
    });
  });
}

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProcessInfo, type ProcessSelector, Tracer } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, recordKey, spanKey } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { type App, runPython } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const LOAD = { targets: ['GET /hello'], connections: 2, requests: 10 };

describe('a process whose main thread has ended while another one serves', needsBpf, () => {
  it.each<[string, (app: App) => ProcessSelector]>([
    ['its port', ({ port }) => ({ openPorts: port })],
    ['its id', ({ pid }) => ({ targetPids: [pid] })],
  ])('is selected by %s and reported exactly', async (_, selector) => {
    const app = use(await runPython('served-elsewhere.py', ['--thread']));
    const watching = use(await watch({ discovery: { instrument: [selector(app)] } }));
    await watching.started(({ pid }) => pid === app.pid);
    const records = await sendLoad({ ...LOAD, port: app.port });
    await watching.settled(records.length);
    expect(countBy(watching.spans, spanKey)).toEqual(countBy(records, recordKey));
    expect(watching.processes.map(({ service, language }) => [service.name, language])).toEqual([
      ['served-elsewhere', 'python'],
    ]);
  });
});

/** A path of a Unix socket that nobody else has. */
function socketPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'beyla-handed-'));
  use({ stop: async () => rmSync(directory, { recursive: true }) });
  return join(directory, 'socket');
}

/** Requests one after another, each on a connection of its own, until `isEnough`. */
async function askUntil(port: number, isEnough: () => boolean): Promise<number> {
  for (let asked = 0; asked < 1000; asked++) {
    if (isEnough()) return asked;
    const connection = await RawConnection.open(port);
    await connection.exchange('GET /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n', /hello$/);
    await connection.closedByPeer();
    await connection.stop();
  }
  throw new Error('it was never enough');
}

describe('a listening socket that was handed to another process', needsBpf, () => {
  it('leads to that process, and what it served before is counted', async () => {
    const path = socketPath();
    const giver = use(await runPython('served-elsewhere.py', ['--give', path]));
    const selector = { openPorts: giver.port };
    const watching = use(await watch({ discovery: { instrument: [selector], pollIntervalMs: 3_600_000 } }));
    await watching.started(({ pid }) => pid === giver.pid);
    const taker = use(await runPython('served-elsewhere.py', ['--take', path]));
    const isTaken = (): boolean => watching.processes.some(({ pid }) => pid === taker.pid);
    const asked = await askUntil(giver.port, isTaken);
    await watching.accounted(asked);
    expect(watching.beyla.stats().drops['kernel.unclaimed']).toBeGreaterThan(0);

    const before = watching.spans.length;
    const records = await sendLoad({ ...LOAD, port: giver.port });
    await watching.settled(before + records.length);
    expect(countBy(watching.spans.slice(before), spanKey)).toEqual(countBy(records, recordKey));
  });

  it('is told where nobody who is selected takes its connections', async () => {
    const path = socketPath();
    const giver = use(await runPython('served-elsewhere.py', ['--give', path]));
    const word = `beyla-taker-${process.pid}`;
    const taker = use(await runPython('served-elsewhere.py', ['--take', path, word]));
    const watching = use(
      await watch({
        discovery: {
          instrument: [{ openPorts: giver.port }],
          exclude: [{ cmdArgs: `*${word}*` }],
          pollIntervalMs: 3_600_000,
        },
      }),
    );
    const isTold = (): boolean => watching.beyla.health().messages.some((text) => text.includes(`port ${taker.port} `));
    await askUntil(giver.port, isTold);
    expect(watching.processes.map(({ pid }) => pid)).toEqual([giver.pid]);
    expect(watching.spans).toEqual([]);
  });
});

describe('a process that is selected while it serves', needsBpf, () => {
  it('has what went by before counted, once for each connection', async () => {
    const tracer = new Tracer();
    await using _closing = tracer;
    await tracer.start();
    const app = use(await runPython('python-server.py'));
    const connections = await Promise.all([1, 2, 3].map(async () => use(await RawConnection.open(app.port))));
    const ask = (connection: RawConnection) =>
      connection.exchange('GET /hello HTTP/1.1\r\nHost: test\r\n\r\n', /hello$/);
    // The third one has said nothing yet.
    for (const connection of connections.slice(0, 2)) await ask(connection);
    const selected: ProcessInfo = {
      pid: app.pid,
      startTicks: 0,
      executable: '/usr/bin/python3',
      commandLine: [],
      language: 'python',
      service: { name: 'python', namespace: '', instanceId: 'here' },
      resource: {},
    };
    tracer.select(selected, [{ netns: statSync('/proc/self/ns/net').ino, port: app.port }]);
    for (const connection of connections) for (let index = 0; index < 2; index++) await ask(connection);
    expect(tracer.counters()['joined_late']).toBe(2);
  });
});

import type { ProcessSelector } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, recordKey, spanKey } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
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

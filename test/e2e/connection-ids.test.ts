import { execFileSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { countBy, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { bpftool, heldBy } from '../support/bpf-ids.mjs';
import { needsBpf } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { runApp, runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

/** Ids are below 2^53, and a CPU's number is the lowest 13 bits of them. */
const LAST_NUMBER = 2n ** 40n - 1n;
const CONNECTIONS = 30;
const TURNS = 40;

const ECHO = `
import socket
server = socket.create_server(('127.0.0.1', 0))
print('READY', server.getsockname()[1], flush=True)
connection = server.accept()[0]
while data := connection.recv(4096):
    connection.sendall(data)
`;

/** Sets how many connections every CPU has had. */
function setNumbers(number: bigint): void {
  const held = heldBy(process.pid);
  const map = bpftool('map').find(({ id, name }) => name === 'connection_ids' && held.has(`map ${id}`));
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(number);
  const value = [...bytes].map(String);
  execFileSync('bpftool', ['map', 'update', 'id', String(map?.id), 'key', '0', '0', '0', '0', 'value', ...value]);
}

describe('ids of connections', needsBpf, () => {
  it('are told apart, and a verdict finds its connection, up to the last one that there is', async () => {
    const app = use(await runNode());
    const echo = use(await runApp('echo', '/usr/bin/python3', ['-c', ECHO]));
    const watching = use(await watch({ pids: [app.pid, echo.pid] }));
    setNumbers(LAST_NUMBER - BigInt(CONNECTIONS + 1));
    const load = { port: app.port, targets: ['GET /users/{n}'], connections: CONNECTIONS, requests: 4 };
    const records = await sendLoad(load);
    const connection = await RawConnection.open(echo.port);
    const say = () => connection.exchange('\u0001\u0002 no protocol at all\n', /\n/);
    const told = () => watching.beyla.stats().interpreter;
    const isUnknown = async () => (await say()) !== '' && told()['protocol.unknown'] === 1;
    await vi.waitUntil(isUnknown, { timeout: 20_000 });
    const before = told()['records.turn'] ?? 0;
    for (let turn = 0; turn < TURNS; turn++) await say();
    await connection.stop();
    await watching.settled(records.length);
    const spans = await watching.finish();
    expect(countBy(spans, spanKey)).toEqual(countBy(records, recordKey));
    expect(totalDrops(watching.beyla)).toBe(0);
    // Not even those that were on their way at the verdict are as many.
    expect(told()['records.turn']).toBeLessThan(before + TURNS);
  });
});

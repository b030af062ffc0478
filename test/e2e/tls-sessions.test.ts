import type { HttpServerSpan } from '@beyla/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countBy, ofKind, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
import { compileApp } from '../support/compile-app.mjs';
import { systemOpenssl } from '../support/libssl.mjs';
import { type App, runApp } from '../support/run-app.mjs';
import { sendTlsLoad } from '../support/tls-client.mjs';
import { makeTlsFiles, type TlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const TARGETS = ['GET /{port}-{n}'];
const queueServer = new URL('../apps/tls-queue-server.py', import.meta.url).pathname;

let files: TlsFiles;
let sessions: string;
beforeAll(async () => {
  files = makeTlsFiles();
  sessions = await compileApp('tls-sessions.c');
});
afterAll(() => files.remove());

/** The client's own port is in the path of each request: the span must have it as its remote port. */
function ofWrongAddress(spans: readonly HttpServerSpan[]): readonly string[] {
  return spans
    .filter((span) => !span.path.startsWith(`/${span.remote.port}-`))
    .map((span) => `${span.path} from ${span.remote.port}`);
}

function runSessions(way: 'fork' | 'held' | 'reused'): Promise<App> {
  return runApp(`tls-sessions ${way}`, sessions, [systemOpenssl().ssl, files.cert, files.key, way]);
}

describe('a session of TLS is bound by proof', needsBpf, () => {
  it('where ciphertext is queued and decrypted in another order, of connections older than the tracer too', async () => {
    const app = use(await runApp('tls-queue-server', '/usr/bin/python3', [queueServer, files.cert, files.key]));
    let stop = (): void => {};
    const until = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const connections = 20;
    const sending = sendTlsLoad({ port: app.port, targets: TARGETS, connections, requests: 100_000, until });
    await app.line(/^SERVED 400$/);
    const watching = use(await watch({ pids: [app.pid] }));
    await watching.settled(40 * connections);
    stop();
    const records = await sending;
    const servers = ofKind(await watching.finish(), 'http.server');
    expect(ofWrongAddress(servers)).toEqual([]);
    // Each connection may have been in the middle of a request when it was first seen; what else is missing is counted.
    const firstSeen = Math.min(...servers.map(({ startNs }) => startNs));
    const seen = new Set(servers.map(spanKey));
    const missing = records.filter((record) => record.sendNs > firstSeen && !seen.has(recordKey(record)));
    expect(missing.length).toBeLessThanOrEqual(connections + totalDrops(watching.beyla));
  });

  it('where the parent shakes hands and the child of a fork does the rest', async () => {
    const app = use(await runSessions('fork'));
    const watching = use(await watch({ pids: [app.pid] }));
    const records = await sendTlsLoad({ port: app.port, targets: TARGETS, connections: 2, requests: 10, renew: 2 });
    await watching.settled(records.length);
    const servers = ofKind(await watching.finish(), 'http.server');
    expect(countBy(servers, spanKey)).toEqual(countBy(records, recordKey));
    expect(ofWrongAddress(servers)).toEqual([]);
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it.each(['held', 'reused'] as const)('where a session is %s', async (way) => {
    const app = use(await runSessions(way));
    const watching = use(await watch({ pids: [app.pid] }));
    const records = await sendTlsLoad({ port: app.port, targets: TARGETS, connections: 1, requests: 20, renew: 4 });
    await watching.settled(records.length);
    const servers = ofKind(await watching.finish(), 'http.server');
    expect(countBy(servers, spanKey)).toEqual(countBy(records, recordKey));
    expect(ofWrongAddress(servers)).toEqual([]);
    expect(totalDrops(watching.beyla)).toBe(0);
  });
});

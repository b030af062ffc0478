import { beforeAll, describe, expect, it } from 'vitest';
import { countBy, pair, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { compileApp } from '../support/compile-app.mjs';
import { runApp } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

/** As in test/apps/socket-calls-server.c. */
const BODY_BYTES = 300;
const RECEIVE = ['read', 'readv', 'preadv2', 'recvfrom', 'recvmsg', 'recvmmsg', 'peek', 'split'];
const SEND = ['write', 'writev', 'pwritev2', 'sendto', 'sendmsg', 'sendmmsg', 'pieces', 'sendfile', 'splice'];
const CALLS = SEND.map((send, index) => ({ receive: RECEIVE[index % RECEIVE.length] as string, send }));

let binary: string;
beforeAll(async () => {
  binary = await compileApp('socket-calls-server.c', ['-pthread']);
});

describe.each(SOURCES)('system calls of socket I/O with the source %s', (source) => {
  describe('each way to receive and to send', needsSource(source), () => {
    it.each(CALLS)('reports exactly what a server does with $receive and $send', async ({ receive, send }) => {
      const app = use(await runApp(`${receive}-${send}`, binary, [receive, send]));
      const watching = use(await watch({ pids: [app.pid], tracer: { source } }));
      const targets = ['GET /users/{n}', 'GET /status/404'];
      const records = await sendLoad({ port: app.port, targets, connections: 3, requests: 100 });
      await watching.settled(records.length);
      const spans = await watching.finish();
      expect(countBy(spans, spanKey)).toEqual(countBy(records, recordKey));
      expect(totalDrops(watching.beyla)).toBe(0);
      for (const { span } of pair(records, spans)) {
        expect(span.responseBodySize).toBe(BODY_BYTES);
        expect(span.startSource).not.toBe('read');
      }
    });

    it.each([
      ['requests', 'recvmmsg-2', 'write', false, 'http1.request_unreadable'],
      ['requests, each on a connection of its own', 'recvmmsg-2', 'write', true, 'http1.response_without_request'],
      ['connections', 'recvmmsg-2', 'sendmmsg-2', false, 'connections.unread'],
      ['connections, each of one request', 'recvmmsg-2', 'sendmmsg-2', true, 'connections.unread'],
    ])('counts %s that are read by %s and answered by %s', async (what, receive, send, close, reason) => {
      const app = use(await runApp(`${receive}-${send}`, binary, [receive, send]));
      const watching = use(await watch({ pids: [app.pid], tracer: { source } }));
      const load = { port: app.port, targets: ['GET /users/{n}'], connections: 3, requests: 20, close };
      const records = await sendLoad(load);
      const lost = what === 'connections' ? 3 : records.length;
      await watching.accounted(lost);
      expect(await watching.finish()).toEqual([]);
      expect(totalDrops(watching.beyla)).toBe(lost);
      expect(watching.beyla.stats().drops[reason]).toBeGreaterThan(0);
    });

    it('has spans without a status of answers that are sent in several messages of one call', async () => {
      const app = use(await runApp('read-sendmmsg-2', binary, ['read', 'sendmmsg-2']));
      const watching = use(await watch({ pids: [app.pid], tracer: { source } }));
      const records = await sendLoad({ port: app.port, targets: ['GET /users/{n}'], connections: 3, requests: 20 });
      await watching.settled(records.length);
      const spans = await watching.finish();
      expect(countBy(spans, spanKey)).toEqual(countBy(records, (record) => recordKey({ ...record, status: 0 })));
      expect(totalDrops(watching.beyla)).toBe(0);
    });
  });
});

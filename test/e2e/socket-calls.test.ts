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
  });
});

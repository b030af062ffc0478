import { describe, expect, it, onTestFinished } from 'vitest';
import { ofKind, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { sendHttp2Load } from '../support/http2-load.ts';
import { runApp, runNode } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const PAGE_BYTES = 4096;
const HTTP2_APP = new URL('../apps/node-http2.mjs', import.meta.url).pathname;

describe.each(SOURCES)('loss truth with the source %s', (source) => {
  it('accounts for every request of a one-page ring', needsSource(source), async () => {
    const app = use(await runNode());
    const tracer = { source, ringBytes: PAGE_BYTES, drainIntervalMs: 1000 };
    const watching = use(await watch({ pids: app.pids(), tracer }));
    const records = await sendLoad({
      port: app.port,
      targets: ['GET /hello', 'GET /users/{n}', 'GET /status/404'],
      connections: 20,
      requests: 1000,
    });
    await watching.accounted(records.length);
    const spans = ofKind(await watching.finish(), 'http.server');
    const drops = totalDrops(watching.beyla);
    expect(drops).toBeGreaterThan(0);
    expect(spans.length + drops, JSON.stringify(watching.beyla.stats().drops)).toBe(records.length);
  });

  it.each([
    ['without', 1],
    ['without', 20],
    ['with', 1],
    ['with', 20],
  ] as const)(
    'accounts for every request of HTTP/2 and gRPC %s TLS and a one-page ring, %i at a time on a connection',
    needsSource(source),
    async (how, concurrency) => {
      const tls = how === 'with' ? makeTlsFiles() : undefined;
      if (tls !== undefined) onTestFinished(tls.remove);
      const files = tls === undefined ? [] : [tls.cert, tls.key];
      const app = use(await runApp('Node http2', process.execPath, [HTTP2_APP, 'serve', ...files]));
      const tracer = { source, ringBytes: PAGE_BYTES, drainIntervalMs: 1000 };
      const watching = use(await watch({ pids: [app.pid], tracer }));
      const load = { port: app.port, connections: 20, requests: 100, concurrency };
      const sent = await sendHttp2Load(tls === undefined ? load : { ...load, ca: tls.ca });
      await watching.accounted(sent);
      const spans = await watching.finish();
      const drops = totalDrops(watching.beyla);
      expect(drops).toBeGreaterThan(0);
      expect(spans.length + drops, JSON.stringify(watching.beyla.stats())).toBe(sent);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { countBy, ofKind, pair, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, runNginx, runNode, runPython } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const TARGETS = [
  'GET /hello',
  'GET /users/{n}',
  'GET /status/404',
  'GET /status/500',
  'HEAD /hello',
  'GET /status/204',
  'GET /slow?ms=5',
  'POST /echo 3000',
];
const FILES = ['GET /static/small.txt', 'GET /static/page.html', 'HEAD /static/page.html', 'GET /static/none.html'];
const CONNECTIONS = 8;
const REQUESTS = 250;

interface Server {
  readonly name: string;
  readonly targets: readonly string[];
  /** Whether it makes a request of its own for each it receives. */
  readonly proxies: boolean;
  run(): Promise<App>;
}

const SERVERS: readonly Server[] = [
  { name: 'Node', targets: [...TARGETS, 'GET /chunked?pieces=3'], proxies: false, run: () => runNode() },
  { name: 'Python with threads', targets: TARGETS, proxies: false, run: () => runPython('python-server.py') },
  { name: 'Python asyncio', targets: TARGETS, proxies: false, run: () => runPython('asyncio-server.py') },
  { name: 'nginx with files', targets: FILES, proxies: false, run: () => runNginx() },
  {
    name: 'nginx as proxy',
    targets: TARGETS,
    proxies: true,
    run: async () => runNginx({ upstreamPort: use(await runNode()).port }),
  },
];

describe.each(SOURCES)('ground truth with the source %s', (source) => {
  describe.each(SERVERS)('$name', needsSource(source), ({ targets, proxies, run }) => {
    it.each([
      ['connections that are kept', false],
      ['a connection per request', true],
    ])('reports exactly what the client sent over %s, and nothing of others', async (_, close) => {
      const app = use(await run());
      const other = use(await run());
      const watching = use(await watch({ pids: app.pids(), tracer: { source } }));
      expect(watching.beyla.source).toBe(source);

      const load = { targets, connections: CONNECTIONS, requests: REQUESTS, close };
      const [records] = await Promise.all([
        sendLoad({ ...load, port: app.port }),
        sendLoad({ ...load, port: other.port, requests: 50 }),
      ]);
      expect(records).toHaveLength(CONNECTIONS * REQUESTS);

      await watching.settled(records.length * (proxies ? 2 : 1));
      const spans = await watching.finish();
      const selected = new Set(app.pids());
      expect(spans.filter((span) => !selected.has(span.process.pid))).toEqual([]);

      const servers = ofKind(spans, 'http.server');
      expect(countBy(servers, spanKey)).toEqual(countBy(records, recordKey));
      expect(countBy(ofKind(spans, 'http.client'), spanKey)).toEqual(proxies ? countBy(records, recordKey) : {});
      expect(totalDrops(watching.beyla)).toBe(0);

      for (const { record, span } of pair(records, servers)) {
        expect(span.endNs - span.startNs, recordKey(record)).toBeGreaterThanOrEqual(record.handlerNs);
        expect(span.startNs, recordKey(record)).toBeGreaterThanOrEqual(record.sendNs);
      }
    });
  });
});

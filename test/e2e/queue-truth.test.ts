import { describe, expect, it } from 'vitest';
import { ofKind, pair } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, runNginx, runNode, runPython } from '../support/run-app.mjs';
import { sendLoad, type TruthRecord } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const BLOCKED_MS = 50;
const CLIENTS = 20;
const ROUNDS = 5;

interface Case {
  readonly name: string;
  /** Whether the client asks for an end of the connection: a server of one connection at a time would wait for it. */
  readonly close: boolean;
  /** Where a span's clock must have started. */
  readonly startSource: 'segment' | 'established';
  /** It waits for a server behind it, for each request; else it reads a request only when it handles it. */
  readonly proxies: boolean;
  run(): Promise<App>;
}

const CASES: readonly Case[] = [
  { name: 'Node', close: false, startSource: 'segment', proxies: false, run: () => runNode() },
  {
    name: 'Python with TCP_DEFER_ACCEPT',
    close: true,
    startSource: 'established',
    proxies: false,
    run: () => runPython('python-server.py', ['--single', '--defer']),
  },
  {
    name: 'nginx with TCP_DEFER_ACCEPT before a blocked Node',
    close: true,
    startSource: 'established',
    proxies: true,
    run: async () => runNginx({ deferred: true, upstreamPort: use(await runNode()).port }),
  },
];

/** The promise: 5 ms, or 1 % of a longer time. */
function toleranceNs(clientNs: number): number {
  return Math.max(5e6, clientNs * 0.01);
}

function quantile(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * fraction)] ?? Number.NaN;
}

describe.each(SOURCES)('queue truth with the source %s', (source) => {
  describe.each(CASES)('$name', needsSource(source), ({ close, startSource, proxies, run }) => {
    it(`measures what ${CLIENTS} clients wait while every request blocks the server ${BLOCKED_MS} ms`, async () => {
      const app = use(await run());
      const watching = use(await watch({ pids: app.pids(), tracer: { source } }));
      const targets = [`GET /block?ms=${BLOCKED_MS}`];
      const records: TruthRecord[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        records.push(
          ...(await sendLoad({ port: app.port, targets, connections: CLIENTS, burst: true, close, fifo: true })),
        );
      }
      const spans = ofKind(await watching.settled(records.length * (proxies ? 2 : 1)), 'http.server');
      const pairs = pair(records, spans);
      expect(pairs).toHaveLength(CLIENTS * ROUNDS);

      for (const { record, span } of pairs) {
        const clientNs = record.endNs - record.sendNs;
        const serverNs = span.endNs - span.startNs;
        expect(Math.abs(serverNs - clientNs), `of ${clientNs} ns`).toBeLessThanOrEqual(toleranceNs(clientNs));
        expect(span.startSource).toBe(startSource);
      }
      if (!proxies) {
        // What the queue does not explain is the handler. A handler that is itself kept waiting for a CPU proves nothing: not the worst.
        const unexplainedNs = pairs.map(({ record, span }) => Math.abs(span.endNs - span.readNs - record.handlerNs));
        expect(quantile(unexplainedNs, 0.9)).toBeLessThanOrEqual(5e6);
      }
      // The clients really queued, and the handler did not: without the queue the two could not be told apart.
      const handlersNs = pairs.map(({ record }) => record.handlerNs);
      expect(quantile(handlersNs, 0.5)).toBeLessThan((BLOCKED_MS + 5) * 1e6);
      const clientsNs = pairs.map(({ record }) => record.endNs - record.sendNs);
      expect(quantile(clientsNs, 0.5)).toBeGreaterThan(5 * BLOCKED_MS * 1e6);
    });
  });
});

import { describe, expect, it } from 'vitest';
import { ofKind, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const PAGE_BYTES = 4096;

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
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ofKind, totalDrops } from '../support/account.ts';
import { needsSource } from '../support/capability.ts';
import { runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const BODY_BYTES = 200_000;
const PAUSE_MS = 60;

it('sees answers whose body a proxy takes with splice', needsSource('sock_length'), async () => {
  const server = createServer(async (_request, response) => {
    response.writeHead(200, { 'content-length': BODY_BYTES });
    response.write('x'.repeat(BODY_BYTES / 2));
    await pause(PAUSE_MS);
    response.end('y'.repeat(BODY_BYTES / 2));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  use({ stop: async () => void server.close() });
  const { port } = server.address() as AddressInfo;
  const client = use(await runApp('splicing', 'python3', ['test/apps/splicing-client.py', String(port)]));
  const watching = use(await watch({ pids: [client.pid], tracer: { source: 'sock_length' } }));
  const paths = Array.from({ length: 12 }, (_, index) => `/part/${index}`);
  for (const path of paths) {
    client.write(`${path}\n`);
    await client.line(new RegExp(`^DONE ${path}$`));
  }
  await client.stop();
  await watching.accounted(paths.length);
  const spans = ofKind(await watching.finish(), 'http.client');
  expect(spans.map(({ path }) => path)).toEqual(paths);
  expect(totalDrops(watching.beyla)).toBe(0);
  for (const span of spans) expect([span.statusCode, span.errorType]).toEqual([200, undefined]);
  // Until the first such read is noticed nothing sees it; what is not known of those is left out.
  for (const span of spans.slice(4)) {
    expect(span.responseBodySize).toBe(BODY_BYTES);
    expect((span.endNs - span.startNs) / 1e6).toBeGreaterThan(PAUSE_MS - 5);
  }
});

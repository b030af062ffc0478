import { isHttpSpan } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, ofKind, pair, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { needsSource } from '../support/capability.ts';
import { compileApp } from '../support/compile-app.mjs';
import { type App, runApp } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const TARGETS = ['GET /hello', 'GET /status/404', 'POST /echo 3000', 'GET /size/100000', 'GET /users/{n}'];
const CONNECTIONS = 10;

const READABLE: readonly (readonly string[])[] = [
  ['recv'],
  ['recv', '--sqpoll'],
  ['recv', '--async'],
  ['recv', '--split'],
  ['rw'],
  ['rw', '--sqpoll'],
  ['rw', '--async'],
  ['rw', '--split'],
  ['recvmsg'],
  ['recvmsg', '--async'],
];

/** The server makes its ring when it is told to, which is after it was selected. */
async function serve(args: readonly string[], source: 'sock_length' | 'syscall'): Promise<[App, Watch]> {
  const app = use(await runApp('io-uring-server', await compileApp('io-uring-server.c'), args));
  const watching = use(await watch({ pids: [app.pid], tracer: { source } }));
  app.write('go\n');
  return [app, watching];
}

describe('io_uring with the source sock_length', needsSource('sock_length'), () => {
  it.each(READABLE)('is seen as any other I/O: %s %s', async (...args) => {
    const [app, watching] = await serve(args, 'sock_length');
    const records = await sendLoad({ port: app.port, targets: TARGETS, connections: CONNECTIONS, requests: 100 });
    await watching.settled(records.length);
    expect(watching.beyla.stats().source['io_uring']).toBeGreaterThanOrEqual(2 * records.length);
    expect(watching.beyla.health()).toEqual({ status: 'healthy', messages: [] });
    const spans = ofKind(await watching.finish(), 'http.server');
    expect(countBy(spans, spanKey)).toEqual(countBy(records, recordKey));
    for (const { record, span } of pair(records, spans)) {
      expect(span.startSource).toBe('segment');
      expect(span.startNs).toBeGreaterThanOrEqual(record.sendNs);
      // The hook runs when the send is over; by then the client may have read.
      expect(span.endNs - record.endNs).toBeLessThan(5e6);
      expect([span.requestBodySize, span.responseBodySize]).toEqual([record.sentBody, record.receivedBody]);
    }
  });

  it('reads requests that come in pieces', async () => {
    const [app, watching] = await serve(['recv'], 'sock_length');
    const load = { port: app.port, targets: TARGETS, connections: 3, requests: 20, split: 7, gapUs: 50 };
    const records = await sendLoad(load);
    await watching.settled(records.length);
    expect(countBy(await watching.finish(), spanKey)).toEqual(countBy(records, recordKey));
  });

  it('reads pipelined requests, call by call', async () => {
    const [app, watching] = await serve(['recv'], 'sock_length');
    const load = { port: app.port, targets: ['GET /users/{n}'], pipeline: 4 };
    // The first connection shows that requests are pipelined on this port.
    const first = await sendLoad({ ...load, requests: 4 });
    await watching.accounted(first.length);
    const seen = watching.spans.length;
    const records = await sendLoad({ ...load, connections: 3, requests: 20 });
    await watching.settled(seen + records.length);
    const spans = (await watching.finish()).slice(seen);
    expect(spans).toHaveLength(records.length);
    expect(pair(records, spans)).toHaveLength(records.length);
  });

  it('counts, and says, what it cannot read: multishot receives', async () => {
    const [app, watching] = await serve(['multishot'], 'sock_length');
    const records = await sendLoad({ port: app.port, targets: TARGETS, connections: CONNECTIONS, requests: 20 });
    await watching.accounted(records.length);
    expect(watching.beyla.stats().source['io_uring_unread']).toBeGreaterThanOrEqual(records.length);
    expect(watching.beyla.health()).toMatchObject({
      status: 'degraded',
      messages: [expect.stringMatching(/^\d+ turns through io_uring came without their content.*; start the program/)],
    });
    const spans = await watching.finish();
    expect(spans.length + totalDrops(watching.beyla), JSON.stringify(watching.beyla.stats())).toBe(records.length);
  });

  it('accounts for responses whose message header was gone before the send completed', async () => {
    const [app, watching] = await serve(['vector'], 'sock_length');
    const records = await sendLoad({ port: app.port, targets: ['GET /status/503'], connections: 5, requests: 50 });
    await watching.accounted(records.length);
    expect(watching.beyla.stats().source['io_uring_unread']).toBe(records.length);
    const spans = await watching.finish();
    expect(spans.length + totalDrops(watching.beyla), JSON.stringify(watching.beyla.stats())).toBe(records.length);
    expect(new Set(spans.filter(isHttpSpan).map(({ statusCode }) => statusCode))).toEqual(new Set([undefined]));
  });
});

describe('io_uring with the source syscall', needsSource('syscall'), () => {
  it('is not seen, but the ring is counted and health says what to do', async () => {
    const [app, watching] = await serve(['recv'], 'syscall');
    const records = await sendLoad({ port: app.port, targets: TARGETS, requests: 10 });
    expect(records).toHaveLength(10);
    expect(watching.beyla.stats().source['io_uring']).toBe(1);
    expect(watching.beyla.health().messages).toContainEqual(
      expect.stringMatching(/^selected processes created 1 io_uring rings: .* not seen; use a kernel ≥ 6\.3/),
    );
    expect(await watching.finish()).toEqual([]);
  });
});

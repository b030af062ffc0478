import type { SourceName } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, ofKind, pair, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { type App, runNginx, runNode, runNodeClient } from '../support/run-app.mjs';
import { type Load, sendLoad, type TruthRecord } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const LARGE_BYTES = 10_000_000;
const GET_HELLO = 'GET /hello HTTP/1.1\r\nHost: test\r\n\r\n';
const HELLO = /hello$/;

for (const source of SOURCES) {
  describe(`HTTP/1 with the source ${source}`, needsSource(source), () => suite(source));
}

function suite(source: SourceName): void {
  async function watchApp(app: App): Promise<Watch> {
    return use(await watch({ pids: app.pids(), tracer: { source } }));
  }

  /** Sends the load to an app and returns each request with its span, after checking that nothing else was reported or lost. */
  async function traced(app: App, load: Omit<Load, 'port'>): Promise<ReturnType<typeof pair>> {
    const watching = await watchApp(app);
    // In real time: what is compared with the log is the server, not how long the client waited for a CPU.
    const records = await sendLoad({ ...load, port: app.port, fifo: true });
    await watching.settled(records.length);
    const spans = await watching.finish();
    expect(countBy(spans, spanKey)).toEqual(countBy(records, recordKey));
    expect(totalDrops(watching.beyla)).toBe(0);
    return pair(records, spans);
  }

  it('reports body sizes by Content-Length, both ways', async () => {
    const pairs = await traced(use(await runNode()), {
      targets: ['POST /echo 3000', 'GET /big?bytes=7'],
      requests: 20,
    });
    for (const { record, span } of pairs) {
      expect(span.requestBodySize ?? 0).toBe(record.sentBody);
      expect(span.responseBodySize).toBe(record.receivedBody);
    }
  });

  it('reports chunked bodies, both ways, with the end at the last chunk', async () => {
    const targets = ['POST /echo 5000 chunked', 'GET /chunked?pieces=20'];
    for (const { record, span } of await traced(use(await runNode()), { targets, requests: 20 })) {
      expect(span.endNs).toBeGreaterThanOrEqual(record.firstByteNs - 5e6);
      // A size is the body's own bytes, without the framing, or it is not known.
      expect([undefined, record.sentBody]).toContain(span.requestBodySize);
      expect([undefined, record.receivedBody]).toContain(span.responseBodySize);
    }
  });

  it('reports one request, not two, for Expect: 100-continue', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const connection = use(await RawConnection.open(app.port));
    const head = 'POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
    await connection.exchange(head, /100 Continue\r\n\r\n$/);
    await connection.exchange('12345', /\r\n\r\n5$/);
    await connection.exchange(GET_HELLO, HELLO);
    await watching.settled(2);
    const spans = await watching.finish();
    expect(spans.map(spanKey)).toEqual(['POST /echo 200', 'GET /hello 200']);
    expect(spans[0]?.requestBodySize).toBe(5);
  });

  it('reports HEAD, 204 and 304 answers, which have no body, and the requests behind them', async () => {
    const targets = ['HEAD /hello', 'GET /hello', 'GET /status/204', 'GET /hello', 'GET /status/304', 'GET /hello'];
    const pairs = await traced(use(await runNode()), { targets, requests: 60 });
    for (const { record, span } of pairs) {
      expect(span.responseBodySize ?? 0).toBe(record.receivedBody);
    }
  });

  it('reports an upgrade once and takes nothing behind it for HTTP', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const upgraded = use(await RawConnection.open(app.port));
    await upgraded.exchange(
      'GET /socket HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      /101 Switching Protocols[\s\S]*\r\n\r\n$/,
    );
    await upgraded.exchange(GET_HELLO, /\r\n\r\n$/);
    await upgraded.exchange(GET_HELLO, /\r\n\r\n$/);
    await upgraded.stop();
    const other = use(await RawConnection.open(app.port));
    await other.exchange(GET_HELLO, HELLO);
    await watching.settled(2);
    expect((await watching.finish()).map(spanKey).sort()).toEqual(['GET /hello 200', 'GET /socket 101']);
  });

  it('puts requests together that are cut at any byte', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const records: TruthRecord[] = [];
    const requestBytes = 'GET /users/0?a=b HTTP/1.1\r\nHost: truth\r\nX-Long: 0123456789\r\n\r\n'.length;
    for (let split = 1; split < requestBytes; split++) {
      const targets = ['GET /users/{n}?a=b'];
      records.push(
        ...(await sendLoad({
          port: app.port,
          targets,
          requests: 2,
          split,
          gapUs: 300,
          headers: ['X-Long: 0123456789'],
        })),
      );
    }
    await watching.settled(records.length);
    expect(countBy(await watching.finish(), spanKey)).toEqual(countBy(records, recordKey));
  });

  it('measures large bodies, both ways, to their last byte', async () => {
    const targets = [`POST /echo ${LARGE_BYTES}`, `GET /big?bytes=${LARGE_BYTES}`];
    const pairs = await traced(use(await runNode()), { targets, requests: 6 });
    for (const { record, span } of pairs) {
      expect(span.requestBodySize ?? 0).toBe(record.sentBody);
      expect(span.responseBodySize).toBe(record.receivedBody);
      expect(span.startNs).toBeGreaterThanOrEqual(record.sendNs);
      expect(span.endNs).toBeGreaterThan(record.firstByteNs - 5e6);
    }
  });

  it('counts the bytes that nginx sends with sendfile', async () => {
    const targets = ['GET /static/page.html', 'GET /static/large.bin'];
    for (const { record, span } of await traced(use(await runNginx()), { targets, requests: 10 })) {
      expect(span.responseBodySize).toBe(record.receivedBody);
      expect(span.endNs).toBeGreaterThan(record.firstByteNs - 5e6);
    }
  });

  it('keeps requests of one connection apart', async () => {
    const pairs = await traced(use(await runNode()), { targets: ['GET /users/{n}'], requests: 200 });
    for (const [index, { record, span }] of pairs.entries()) {
      // Not `start >= the span before's end`: the client may answer on another core before the server's send() returns.
      expect(span.startNs).toBeGreaterThanOrEqual(record.sendNs);
      expect(span.endNs).toBeGreaterThan(pairs[index - 1]?.span.endNs ?? 0);
    }
  });

  it('reports an answer that the server breaks off', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const connection = use(await RawConnection.open(app.port));
    connection.send('GET /half HTTP/1.1\r\nHost: test\r\n\r\n');
    await connection.closedByPeer();
    await watching.settled(1);
    const [span] = await watching.finish();
    expect(span && spanKey(span)).toBe('GET /half 200');
    expect(span?.errorType).toBeDefined();
  });

  it('reports a request whose client goes away before the answer', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const leaving = use(await RawConnection.open(app.port));
    leaving.send('GET /slow?ms=5000 HTTP/1.1\r\nHost: test\r\n\r\n');
    // The server has certainly read the first request when it has answered a later one.
    const fence = use(await RawConnection.open(app.port));
    await fence.exchange('GET /slow?ms=50 HTTP/1.1\r\nHost: test\r\n\r\n', HELLO);
    await leaving.stop();
    await watching.settled(2);
    const spans = await watching.finish();
    expect(spans.map(spanKey)).toEqual(['GET /slow?ms=50 200', 'GET /slow?ms=5000 0']);
    expect(spans[1]?.errorType).toBeDefined();
  });

  it('reports the answer to a client that has said it will send no more', async () => {
    const app = use(await runNode(['--half-open']));
    const watching = await watchApp(app);
    const connection = use(await RawConnection.open(app.port));
    connection.send('GET /slow?ms=50 HTTP/1.1\r\nHost: test\r\n\r\n');
    connection.half();
    await connection.receive(HELLO);
    await watching.settled(1);
    const [span] = await watching.finish();
    expect(span && spanKey(span)).toBe('GET /slow?ms=50 200');
    expect(span && span.endNs - span.startNs).toBeGreaterThan(50e6);
  });

  it('reports requests on a connection that is older than the tracer', async () => {
    const app = use(await runNode());
    const connection = use(await RawConnection.open(app.port));
    await connection.exchange(GET_HELLO, HELLO);
    const watching = await watchApp(app);
    await connection.exchange('GET /users/1 HTTP/1.1\r\nHost: test\r\n\r\n', /\}$/);
    await connection.exchange('GET /users/2 HTTP/1.1\r\nHost: test\r\n\r\n', /\}$/);
    await watching.settled(2);
    expect((await watching.finish()).map((span) => `${span.kind} ${spanKey(span)}`)).toEqual([
      'http.server GET /users/1 200',
      'http.server GET /users/2 200',
    ]);
  });

  it.each([
    ['with Content-Length', GET_HELLO, HELLO],
    ['in chunks', 'GET /chunked?pieces=3 HTTP/1.1\r\nHost: test\r\n\r\n', /\r\n0\r\n\r\n$/],
  ])(
    'yields the span of an answer %s within a second while its connection stays open and idle',
    async (_, text, end) => {
      const app = use(await runNode());
      const watching = await watchApp(app);
      const connection = use(await RawConnection.open(app.port));
      await connection.exchange(text, end);
      await watching.settled(1, 1000);
    },
  );

  it('follows pipelined requests exactly, from the first on', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const known = await sendLoad({
      port: app.port,
      targets: ['GET /users/{n}', 'GET /status/404'],
      connections: 2,
      requests: 40,
      pipeline: 4,
    });
    await watching.accounted(known.length);
    const spans = await watching.finish();
    expect(countBy(spans, spanKey)).toEqual(countBy(known, recordKey));
  });

  it.each(['127.0.0.1', '::1'])('reports addresses and ports of both ends, of %s', async (host) => {
    const app = use(await runNode(['--host', host]));
    for (const { record, span } of await traced(app, { host, targets: ['GET /hello'], requests: 5 })) {
      expect([span.local, span.remote]).toEqual([
        { address: host, port: app.port },
        { address: host, port: record.port },
      ]);
    }
  });

  it('reports the requests a program makes, as client spans', async () => {
    const server = use(await runNode());
    const client = use(await runNodeClient());
    const watching = await watchApp(client);
    client.write(`${server.port} 100\n`);
    await client.line(/^DONE$/);
    await watching.settled(100);
    const spans = ofKind(await watching.finish(), 'http.client');
    expect(spans).toHaveLength(100);
    expect(spans.filter(({ statusCode }) => statusCode === 404)).toHaveLength(50);
    expect(new Set(spans.map(({ remote }) => remote.port))).toEqual(new Set([server.port]));
    for (const span of spans) {
      expect(span.process.pid).toBe(client.pid);
      expect(span.startSource).toBe('write');
      expect(span.readNs).toBe(span.startNs);
    }
  });
}

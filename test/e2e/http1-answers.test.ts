import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { RequestSpan, SourceName } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, ofKind, spanKey, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { type App, runNode, runOdd } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

for (const source of SOURCES) {
  describe(`answers of HTTP/1 with the source ${source}`, needsSource(source), () => suite(source));
}

function suite(source: SourceName): void {
  async function watchApp(app: App): Promise<Watch> {
    return use(await watch({ pids: app.pids(), tracer: { source } }));
  }

  it.each([0, 12, 40])('is a span for each answer that is written and then ended, with %i fields', async (fields) => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const targets = Array.from({ length: 80 }, (_, index) => `/written?fields=${fields}&n=${index}`);
    await Promise.all(targets.map((path) => fetched(agent, app.port, path)));
    agent.destroy();
    await watching.settled(targets.length);
    const spans = await watching.finish();
    expect(countBy(spans, spanKey)).toEqual(countBy(targets, (path) => `GET ${path} 200`));
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it.each([
    ['with a head that fits', ''],
    ['with a head of a kilobyte', '&long'],
  ])('ends by its framing or with its connection, not by silence, %s', async (_, long) => {
    const app = use(await runOdd());
    const watching = await watchApp(app);
    const ask = async (path: string, until: RegExp): Promise<void> => {
      const connection = use(await RawConnection.open(app.port));
      await connection.exchange(`GET ${path}${long} HTTP/1.1\r\nHost: test\r\n\r\n`, until);
      // A reset is an error, which is what is wanted here.
      if (/broken|reset|close/.test(path))
        await connection
          .closedByPeer()
          .then(() => connection.stop())
          .catch(() => undefined);
      else await connection.exchange(`GET /next HTTP/1.1\r\nHost: test\r\n\r\n`, /hello$/);
    };
    await Promise.all([
      ask('/tokens?ms=1500', /\r\n0\r\n\r\n$/),
      ask('/late?ms=900', /hello$/),
      ask('/broken?ms=900', /hel$/),
      ask('/reset?ms=300', /hello\r\n$/),
      ask('/until-close?ms=700', /hello$/),
      ask('/hints?ms=200', /200 OK[\s\S]*hello$/),
      ask('/trickle?', /hello$/),
    ]);
    await watching.settled(11);
    const spans = await watching.finish();
    const of = (path: string): RequestSpan => spans.find((span) => span.path === path) as RequestSpan;
    const lasted = (path: string): number => (of(path).endNs - of(path).startNs) / 1e6;
    expect(countBy(spans, ({ path }) => path)).toMatchObject({ '/next': 4, '/tokens': 1, '/late': 1 });
    expect(lasted('/tokens')).toBeGreaterThan(1490);
    expect(lasted('/late')).toBeGreaterThan(890);
    expect(lasted('/until-close')).toBeGreaterThan(690);
    expect(lasted('/hints')).toBeGreaterThan(190);
    const broken = ['/broken', '/reset'];
    expect(
      spans
        .filter(({ errorType }) => errorType === 'response_truncated')
        .map(({ path }) => path)
        .sort(),
    ).toEqual(broken);
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it.each([
    ['with a length', 'Content-Length: 300000', 'x'.repeat(300_000), 300_000],
    ['in chunks', 'Transfer-Encoding: chunked', `493e0\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n`, undefined],
  ])('may come before the end of a body %s, and the next request is seen', async (_, field, body, size) => {
    const app = use(await runOdd());
    const watching = await watchApp(app);
    const connection = use(await RawConnection.open(app.port));
    const wanted: string[] = [];
    for (let index = 0; index < 5; index++) {
      const read = app.line(/^READ$/);
      await connection.exchange(`POST /early?n=${index} HTTP/1.1\r\nHost: test\r\n${field}\r\n\r\n${body}`, /no$/);
      await read;
      await connection.exchange(`GET /next?n=${index} HTTP/1.1\r\nHost: test\r\n\r\n`, /hello$/);
      wanted.push(`POST /early?n=${index} 401`, `GET /next?n=${index} 200`);
    }
    await watching.settled(wanted.length);
    const spans = await watching.finish();
    expect(spans.map(spanKey)).toEqual(wanted);
    expect(
      ofKind(spans, 'http.server').flatMap((span) => (span.method === 'POST' ? [span.requestBodySize] : [])),
    ).toEqual(Array.from({ length: 5 }, () => size));
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it('is that of a request whose client has said that it will send no more', async () => {
    const app = use(await runOdd());
    const watching = await watchApp(app);
    const connection = use(await RawConnection.open(app.port));
    connection.send('GET /slow?ms=400 HTTP/1.1\r\nHost: test\r\n\r\n');
    connection.half();
    await connection.receive(/hello$/);
    await watching.settled(1);
    const [span] = await watching.finish();
    expect(span && spanKey(span)).toBe('GET /slow?ms=400 200');
    expect(span && span.endNs - span.startNs).toBeGreaterThan(399e6);
    expect(totalDrops(watching.beyla)).toBe(0);
  });
}

/** The body of what a GET is answered with. */
function fetched(agent: Agent, port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ agent, port, host: '127.0.0.1', path }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
}

import type { SourceName } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, recordKey, spanKey, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { type App, runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const PIPELINED = 20;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;
const LAST = /\{"id":"last"\}$/;

for (const source of SOURCES) {
  describe(`streams of HTTP/1 with the source ${source}`, needsSource(source), () => suite(source));
}

function suite(source: SourceName): void {
  async function watchApp(app: App): Promise<Watch> {
    return use(await watch({ pids: app.pids(), tracer: { source } }));
  }

  /** A connection that has pipelined, and whose requests are all accounted for; how many those were. */
  async function pipelining(app: App, watching: Watch): Promise<{ connection: RawConnection; requests: number }> {
    const connection = use(await RawConnection.open(app.port));
    const paths = Array.from({ length: PIPELINED }, (_, index) => `/users/${index}`);
    await connection.exchange(paths.map(get).join('') + get('/users/last'), LAST);
    await watching.accounted(1);
    return { connection, requests: PIPELINED + 1 };
  }

  it('leaves other connections of a port alone, whatever one client does', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    await pipelining(app, watching);
    // The server waits for the rest of it in vain, and says so to nobody who asked.
    const idle = use(await RawConnection.open(app.port));
    await idle.exchange(get('/hello'), /hello$/);
    const targets = ['GET /written?fields=12', 'POST /echo 200000 chunked', 'POST /echo 3000'];
    const records = await sendLoad({ port: app.port, targets, connections: 2, requests: 30 });
    const ports = new Set(records.map(({ port }) => port));
    await watching.settledWith((span) => ports.has(span.remote.port), records.length);
    const spans = (await watching.finish()).filter((span) => ports.has(span.remote.port));
    expect(countBy(spans, spanKey)).toEqual(countBy(records, recordKey));
    expect(totalDrops(watching.beyla)).toBeLessThanOrEqual(PIPELINED + 1);
  });

  it('is exact for calls of any size and number of buffers, and goes back to turns', async () => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const { connection } = await pipelining(app, watching);
    const chunks = (): number => watching.beyla.stats().interpreter['records.chunk'] ?? 0;
    const seen = new Set<string>();
    const done = async (path: string): Promise<void> => {
      seen.add(path);
      await watching.settledWith((span) => `${span.path}?${'query' in span ? span.query : ''}` === path);
    };
    // Requests and responses that merged before it was a stream are in step again after a silence.
    for (let index = 0; seen.size === 0; index++) {
      expect(index).toBeLessThan(20);
      await connection.exchange(get(`/users/2?n=${index}`), /\}$/);
      await watching
        .settledWith((span) => span.path === '/users/2', 1, 500)
        .then(
          () => seen.add(`/users/2?n=${index}`),
          () => undefined,
        );
    }
    await connection.exchange(get('/written?fields=40'), /second\r\n0\r\n\r\n$/);
    await done('/written?fields=40');
    await connection.exchange(get('/big?bytes=700000'), /^[\s\S]{700100,}$/);
    await done('/big?bytes=700000');
    const size = 300_000;
    const chunked = `${size.toString(16)}\r\n${'y'.repeat(size)}\r\n0\r\n\r\n`;
    await connection.exchange(
      `POST /echo?chunked HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      /\r\n\r\n300000$/,
    );
    await done('/echo?chunked');
    expect(chunks()).toBeGreaterThan(0);
    // Each is reported before the next one is sent, so that the kernel hears of what user space wants.
    let before = -1;
    for (let index = 0; chunks() !== before || index < 10; index++) {
      expect(index).toBeLessThan(200);
      before = chunks();
      await connection.exchange(get(`/users/1?n=${index}`), /\}$/);
      await done(`/users/1?n=${index}`);
    }
    const spans = await watching.finish();
    expect(spans.filter((span) => seen.has(`${span.path}?${'query' in span ? span.query : ''}`))).toHaveLength(
      seen.size,
    );
    const upload = spans.find((span) => spanKey(span).startsWith('POST'));
    expect(upload).toMatchObject({ requestBodySize: size, statusCode: 200 });
  });
}

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { RequestSpan, SourceName } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const APP = new URL('../apps/node-http2.mjs', import.meta.url).pathname;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly bytes: number;
}

/** Requests of all kinds, each with a path of its own. */
function requestsFor(count: number, tag: string): Request[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `${tag}${index}`;
    switch (index % 6) {
      case 0:
        return { method: 'GET', path: `/bytes/${(index * 997) % 50_000}/${id}`, bytes: 0 };
      case 1:
        return { method: 'POST', path: `/status/${[200, 404, 500][index % 3]}/${id}`, bytes: (index * 1733) % 100_000 };
      case 2:
        return {
          method: 'POST',
          path: `/grpc.Shop/Buy/bytes/${(index * 71) % 9000}/${id}`,
          bytes: (index * 31) % 40_000,
        };
      case 3:
        return { method: 'POST', path: `/grpc.Shop/Fail/status/${1 + (index % 16)}/${id}`, bytes: 0 };
      case 4:
        return { method: 'PUT', path: `/slow/20/${id}`, bytes: 10 };
      default:
        return { method: 'DELETE', path: `/bytes/0/${id}`, bytes: 0 };
    }
  });
}

function numberIn(path: string, name: string, fallback: number): number {
  const found = new RegExp(`/${name}/(\\d+)`).exec(path);
  return found === null ? fallback : Number(found[1]);
}

/** What a span must say of a request. */
function truthOf({ method, path, bytes }: Request): string {
  const isGrpc = path.startsWith('/grpc.');
  const prefix = isGrpc ? 5 : 0;
  const status = numberIn(path, 'status', isGrpc ? 0 : 200);
  return `${isGrpc ? 'grpc' : method} ${path} ${status} ${bytes + prefix} ${numberIn(path, 'bytes', 5) + prefix}`;
}

function factsOf(span: RequestSpan): string {
  const sizes = `${span.requestBodySize} ${span.responseBodySize} ${span.errorType ?? ''}`.trim();
  if (span.kind === 'grpc.server' || span.kind === 'grpc.client')
    return `grpc ${span.path} ${span.grpcStatus} ${sizes}`;
  expect(span.protocolVersion).toBe('2');
  return `${span.method} ${span.path} ${span.statusCode} ${sizes}`;
}

const one = (fact: string): string => fact;

async function serve(): Promise<App> {
  return use(await runApp('node-http2 serve', process.execPath, [APP, 'serve']));
}

async function client(port: number): Promise<App> {
  return use(await runApp('node-http2 ask', process.execPath, [APP, 'ask', String(port)]));
}

/** Sends requests, so many at once, and waits for their answers. */
async function send(from: App, requests: readonly Request[], concurrency = 20): Promise<void> {
  const waiting = [...requests];
  const answered = new Map<string, () => void>();
  const lines = createInterface({ input: from.child.stdout as Readable });
  lines.on('line', (line) => answered.get(line.slice('DONE '.length))?.());
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { method, path, bytes } = next;
      const done = new Promise<void>((resolve) => answered.set(path, resolve));
      from.write(`${method} ${path} ${bytes}\n`);
      await done;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  lines.close();
}

for (const source of SOURCES) {
  describe(`HTTP/2 with the source ${source}`, needsSource(source), () => suite(source));
}

function suite(source: SourceName): void {
  it.each(['server', 'client'] as const)('reports exactly what was sent, seen from the %s', async (role) => {
    const server = await serve();
    const asking = await client(server.port);
    const watching = use(await watch({ pids: [role === 'server' ? server.pid : asking.pid], tracer: { source } }));
    const requests = requestsFor(300, role);
    await send(asking, requests);
    await watching.settled(requests.length);
    const spans = await watching.finish();
    expect(countBy(spans.map(factsOf), one)).toEqual(countBy(requests.map(truthOf), one));
    expect(spans.filter(({ kind }) => !kind.endsWith(role))).toEqual([]);
    expect(totalDrops(watching.beyla)).toBe(0);
  });

  it('says when the request came and when the response was whole', async () => {
    const server = await serve();
    const asking = await client(server.port);
    const watching = use(await watch({ pids: [server.pid], tracer: { source } }));
    const before = process.hrtime.bigint();
    await send(asking, [{ method: 'GET', path: '/slow/100/bytes/2000000/times', bytes: 0 }]);
    const after = process.hrtime.bigint();
    const [span] = await watching.settled(1);
    expect(span?.startNs).toBeGreaterThanOrEqual(Number(before));
    expect(span?.endNs).toBeLessThanOrEqual(Number(after));
    expect((span?.firstByteNs ?? 0) - (span?.startNs ?? 0)).toBeGreaterThanOrEqual(100e6);
    expect(span?.endNs).toBeGreaterThan(span?.firstByteNs ?? 0);
  });

  it('reports what the client gave up', async () => {
    const server = await serve();
    const asking = await client(server.port);
    const watching = use(await watch({ pids: [server.pid, asking.pid], tracer: { source } }));
    await send(asking, [
      { method: 'GET', path: '/slow/500/cancelled/http', bytes: 0 },
      { method: 'POST', path: '/grpc.Shop/Slow/slow/500/cancelled/grpc', bytes: 3 },
    ]);
    const spans = await watching.settled(4);
    expect(spans.map(({ errorType }) => errorType)).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
    expect(spans.flatMap((span) => ('grpcStatus' in span ? [span.grpcStatus] : []))).toEqual([1, 1]);
  });

  it.each(['server', 'client'] as const)(
    'takes up a connection that is in use already, seen from the %s',
    async (role) => {
      const server = await serve();
      const asking = await client(server.port);
      await send(asking, requestsFor(60, 'before'));
      const watching = use(await watch({ pids: [role === 'server' ? server.pid : asking.pid], tracer: { source } }));
      const requests = requestsFor(120, 'late');
      await send(asking, requests);
      await watching.accounted(requests.length);
      const spans = await watching.finish();
      const truths = new Map(requests.map((request) => [request.path, truthOf(request).split(' ')]));
      for (const span of spans) {
        // The table of what was said before is not known: fields that are named by it are unset, and nothing else is.
        const truth = truths.get(span.path) ?? [];
        const isGrpc = 'grpcStatus' in span;
        const status = isGrpc ? span.grpcStatus : span.statusCode;
        expect([isGrpc ? 'grpc' : span.method, String(status ?? truth[2])]).toEqual([truth[0], truth[2]]);
      }
      expect(spans.length).toBeGreaterThan(requests.length / 2);
      expect(spans.length + totalDrops(watching.beyla)).toBe(requests.length);
    },
  );
}

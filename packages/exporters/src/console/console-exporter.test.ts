import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { aGrpcSpan, aSpan, TEST_START_NS } from '../../../core/src/testing/span.ts';
import { ConsoleExporter } from './console-exporter.ts';

/** A stream that finishes each write when the test says so. */
class SlowStream extends Writable {
  text = '';
  #done: ((error?: Error) => void) | undefined;

  constructor(highWaterMark: number) {
    super({ highWaterMark });
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    this.text += chunk.toString();
    this.#done = done;
  }

  finish(error?: Error): void {
    this.#done?.(error);
  }
}

function memory(): { stream: Writable; lines: () => string[] } {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { stream, lines: () => text.split('\n').slice(0, -1) };
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';

describe('ConsoleExporter', () => {
  it('prints gRPC calls with their method and the name of their status', async () => {
    const { stream, lines } = memory();
    const exporter = new ConsoleExporter({ stream });
    await exporter.start();
    const remote = { address: '10.0.0.9', port: 50_051 };
    exporter.export([
      aGrpcSpan({ traceId: TRACE, readNs: TEST_START_NS + 2_000_000 }),
      aGrpcSpan({ traceId: TRACE, kind: 'grpc.client', remote, grpcStatus: 4 }),
      aGrpcSpan({ traceId: TRACE, path: '', service: '', method: '', grpcStatus: undefined, errorType: 'cancelled' }),
      aGrpcSpan({ traceId: TRACE, grpcStatus: undefined, httpStatusCode: undefined }),
    ]);
    expect(lines()).toEqual([
      `03:04:05.000 server gRPC shop.Cart/Add OK 10.0ms (queue 2.0ms) shop <- 10.0.0.2:50000 trace=${TRACE}`,
      `03:04:05.000 client gRPC shop.Cart/Add DEADLINE_EXCEEDED 10.0ms shop -> 10.0.0.9:50051 trace=${TRACE}`,
      `03:04:05.000 server gRPC ? cancelled 10.0ms shop <- 10.0.0.2:50000 trace=${TRACE}`,
      `03:04:05.000 server gRPC shop.Cart/Add no-response 10.0ms shop <- 10.0.0.2:50000 trace=${TRACE}`,
    ]);
    await exporter.close();
  });

  it('names attributes in JSON by the conventions that are asked for', async () => {
    const { stream, lines } = memory();
    const exporter = new ConsoleExporter({ stream, format: 'json', semanticConventions: { rpc: 'stable' } });
    await exporter.start();
    exporter.export([aGrpcSpan({ grpcStatus: 5 })]);
    const [line] = lines().map((text) => JSON.parse(text));
    expect(line).toMatchObject({ name: 'shop.Cart/Add', attributes: { 'rpc.response.status_code': 'NOT_FOUND' } });
    expect(line.attributes).not.toHaveProperty(['rpc.grpc.status_code']);
    await exporter.close();
  });

  it('prints a readable line per span', async () => {
    const { stream, lines } = memory();
    const exporter = new ConsoleExporter({ stream });
    await exporter.start();
    exporter.export([
      aSpan({ traceId: TRACE, path: '/users/7', route: '/users/:id', readNs: TEST_START_NS + 8_100_000 }),
      aSpan({
        kind: 'http.client',
        traceId: TRACE,
        path: '/pay',
        route: '/**',
        statusCode: undefined,
        errorType: 'connection_closed',
        endNs: TEST_START_NS + 1_500_000_000,
        remote: { address: '2001:db8::1', port: 81 },
      }),
    ]);
    expect(lines()).toEqual([
      `03:04:05.000 server GET /users/:id 200 10.0ms (queue 8.1ms) shop <- 10.0.0.2:50000 trace=${TRACE}`,
      `03:04:05.000 client GET /pay connection_closed 1.50s shop -> [2001:db8::1]:81 trace=${TRACE}`,
    ]);
    expect(exporter.stats()).toMatchObject({ printed: 2 });
    await exporter.close();
  });

  it('never prints a query in text, nor control characters from the wire', async () => {
    const { stream, lines } = memory();
    const exporter = new ConsoleExporter({ stream });
    exporter.export([aSpan({ path: '/a\u001b[2J\nfake line\u2028', query: 'token=s3cret', method: 'G\u0007ET' })]);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toContain('server G\\x07ET /a\\x1b[2J\\x0afake line\\x2028 200');
    expect(lines()[0]).not.toContain('s3cret');
    await exporter.close();
  });

  it('prints one JSON object per line with redacted query', async () => {
    const { stream, lines } = memory();
    const exporter = new ConsoleExporter({ stream, format: 'json' });
    exporter.export([aSpan({ traceId: TRACE, query: 'token=s3cret', readNs: TEST_START_NS + 2_000_000 }), aSpan()]);
    expect(lines()).toHaveLength(2);
    expect(JSON.parse(lines()[0] as string)).toMatchObject({
      time: '2026-01-02T03:04:05.000Z',
      kind: 'http.server',
      name: 'GET',
      outcome: 'unset',
      durationMs: 10,
      queueMs: 2,
      traceId: TRACE,
      service: { name: 'shop' },
      attributes: { 'url.query': 'token=REDACTED', 'http.response.status_code': 200 },
    });
    await exporter.close();
  });

  it('prints indented JSON, or only a number, if so asked', async () => {
    const indented = memory();
    const sensitiveQueryParams = { remove: ['token'] };
    const exporter = new ConsoleExporter({ stream: indented.stream, format: 'json_indent', sensitiveQueryParams });
    exporter.export([aSpan({ traceId: TRACE, query: 'token=1' })]);
    expect(indented.lines()[0]).toBe('{');
    expect(JSON.parse(indented.lines().join(''))).toMatchObject({ attributes: { 'url.query': 'token=1' } });
    const counted = memory();
    const counter = new ConsoleExporter({ stream: counted.stream, format: 'counter' });
    counter.export([aSpan(), aSpan(), aSpan()]);
    expect(counted.lines()).toEqual(['1', '2', '3']);
    expect(() => new ConsoleExporter({ format: 'yaml' as never })).toThrow(/yaml/);
  });

  it('leaves out what traces must ignore', async () => {
    const { stream, lines } = memory();
    const exporter = new ConsoleExporter({ stream });
    exporter.export([aSpan({ ignore: 'all' }), aSpan({ ignore: 'traces' }), aSpan({ ignore: 'metrics' })]);
    expect(lines()).toHaveLength(1);
    expect(exporter.stats()).toMatchObject({ ignored: 2, printed: 1 });
    await exporter.close();
  });

  it('drops and counts while the stream is full, and goes on when it drains', async () => {
    const stream = new SlowStream(10);
    const exporter = new ConsoleExporter({ stream });
    await exporter.start();
    exporter.export([aSpan(), aSpan(), aSpan()]);
    expect(exporter.stats()).toMatchObject({ printed: 1, 'dropped.stream_full': 2 });
    expect(exporter.health().status).toBe('degraded');
    const flushed = exporter.flush();
    stream.finish();
    await flushed;
    exporter.export([aSpan()]);
    expect(exporter.stats()).toMatchObject({ printed: 2, 'dropped.stream_full': 2 });
    await exporter.close();
  });

  it('survives a stream that fails, counts what it could not print, and lets go of the stream when closed', async () => {
    const stream = new SlowStream(10);
    const exporter = new ConsoleExporter({ stream });
    await exporter.start();
    exporter.export([aSpan()]);
    const flushed = exporter.flush();
    stream.finish(new Error('EPIPE'));
    await flushed;
    exporter.export([aSpan(), aSpan()]);
    expect(exporter.stats()).toMatchObject({ printed: 1, 'dropped.stream_failed': 2 });
    expect(exporter.health()).toMatchObject({ status: 'unhealthy', messages: [expect.stringContaining('EPIPE')] });
    await exporter.close();
    expect(stream.listenerCount('error') + stream.listenerCount('drain')).toBe(0);
  });

  it('close() does not wait for a stream that never drains', async () => {
    const exporter = new ConsoleExporter({ stream: new SlowStream(1) });
    await exporter.start();
    exporter.export([aSpan()]);
    const flushed = exporter.flush();
    await exporter.close();
    await flushed;
    expect(exporter.health().status).toBe('closed');
  });
});

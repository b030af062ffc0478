import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OtlpSink, SilentServer } from '../../../../test/support/otlp-sink.ts';
import { Pipeline } from '../../../core/src/pipeline/pipeline.ts';
import { aProcess, aSpan, TEST_START_NS } from '../../../core/src/testing/span.ts';
import type { OtlpOptions } from './options.ts';
import { OtlpMetricExporter } from './otlp-metric-exporter.ts';
import { OtlpTraceExporter } from './otlp-trace-exporter.ts';

const START = 1_767_323_045_000_000_000n;
const cart = aProcess({ pid: 7, language: 'python', service: { name: 'cart', namespace: 'prod', instanceId: 'h:7' } });

let sink: OtlpSink;

beforeEach(async () => {
  sink = new OtlpSink();
  await sink.start();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await sink.close();
});

describe('OtlpTraceExporter', () => {
  it('delivers spans with their ids, times, attributes and one resource per process', async () => {
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint, headers: { 'x-tenant': 'blue' } });
    await exporter.start();
    const queued = aSpan({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'vendor=x',
      route: '/users/:id',
      query: 'token=s3cret',
      readNs: TEST_START_NS + 2_000_000,
      statusCode: 503,
    });
    exporter.export([queued, aSpan({ process: cart, kind: 'http.client' }), aSpan({ process: cart })]);
    await exporter.close();

    expect(sink.requests).toHaveLength(1);
    expect(sink.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'x-tenant': 'blue' },
    });
    expect(sink.spans.map((span) => [span.resource['service.name'], span.name, span.kind])).toEqual([
      ['shop', 'GET /users/:id', 2],
      ['shop', 'in queue', 1],
      ['shop', 'processing', 1],
      ['cart', 'GET', 3],
      ['cart', 'GET', 2],
    ]);
    const [request, inQueue, processing] = sink.spans;
    expect(request).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'vendor=x',
      scope: 'beyla-for-node',
      startNs: START,
      endNs: START + 10_000_000n,
      status: 2,
    });
    expect(request?.attributes).toMatchObject({
      'http.response.status_code': 503,
      'url.query': 'token=REDACTED',
      'server.port': 8080,
    });
    expect(inQueue).toMatchObject({ parentSpanId: 'b7ad6b7169203331', startNs: START, endNs: START + 2_000_000n });
    expect(processing).toMatchObject({ parentSpanId: 'b7ad6b7169203331', startNs: START + 2_000_000n });
    expect(sink.spans.at(-1)?.resource).toMatchObject({
      'service.name': 'cart',
      'service.namespace': 'prod',
      'service.instance.id': 'h:7',
      'telemetry.sdk.language': 'python',
      'telemetry.distro.name': 'beyla-for-node',
    });
    expect(exporter.stats()).toMatchObject({ exported: 3, queued: 0, 'dropped.export_failed': 0 });
    await vi.waitFor(async () => expect(await sink.connections()).toBe(0));
  });

  it('leaves out what traces must ignore and what is not sampled, and counts both', async () => {
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint });
    exporter.export([
      aSpan({ ignore: 'traces' }),
      aSpan({ ignore: 'all' }),
      aSpan({ traceFlags: 0 }),
      aSpan({ ignore: 'metrics' }),
    ]);
    await exporter.close();
    expect(sink.spans).toHaveLength(1);
    expect(exporter.stats()).toMatchObject({ ignored: 2, unsampled: 1, exported: 1 });
  });

  it('takes endpoint, headers and compression from the environment, and `url` as it is', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${sink.endpoint}/tenant/`);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20x');
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip');
    const fromEnvironment = new OtlpTraceExporter();
    fromEnvironment.export([aSpan()]);
    await fromEnvironment.close();
    const explicit = new OtlpTraceExporter({ url: `${sink.endpoint}/custom/v1/traces`, compression: 'none' });
    explicit.export([aSpan()]);
    await explicit.close();
    expect(sink.requests).toMatchObject([
      { path: '/tenant/v1/traces', headers: { authorization: 'Bearer x', 'content-encoding': 'gzip' } },
      { path: '/custom/v1/traces' },
    ]);
    expect(sink.requests[1]?.headers).not.toHaveProperty('content-encoding');
    expect(sink.spans).toHaveLength(2);
  });

  it('sends without being asked when a batch is full or old enough', async () => {
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint, maxBatchSize: 10, delayMs: 20 });
    exporter.export(Array.from({ length: 25 }, () => aSpan()));
    await vi.waitFor(() => expect(sink.spans).toHaveLength(25));
    expect(sink.requests).toHaveLength(3);
    await exporter.close();
  });

  it('counts what a back end refuses, says so in health, and recovers', async () => {
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint });
    await exporter.start();
    sink.answer = (response) => response.writeHead(400).end('no tenant');
    exporter.export([aSpan(), aSpan()]);
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({ exported: 0, 'dropped.export_failed': 2 });
    expect(exporter.health()).toMatchObject({ status: 'degraded', messages: [expect.stringContaining('Bad Request')] });
    sink.answer = (response) => response.writeHead(200).end();
    exporter.export([aSpan()]);
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({ exported: 1, 'dropped.export_failed': 2 });
    expect(exporter.health()).toEqual({ status: 'healthy', messages: [] });
    await exporter.close();
  });

  it('close() returns in time with a back end that never answers; queue bounded, every request accounted for', async () => {
    const silent = new SilentServer();
    await silent.start();
    const exporter = new OtlpTraceExporter({
      endpoint: silent.endpoint,
      maxQueueSize: 50,
      maxBatchSize: 10,
      delayMs: 1,
      closeTimeoutMs: 200,
    });
    await exporter.start();
    exporter.export(Array.from({ length: 10 }, () => aSpan()));
    await vi.waitFor(() => expect(silent.connections).toBe(1));
    for (let i = 0; i < 100; i += 1) exporter.export([aSpan()]);
    expect(exporter.stats()).toMatchObject({ queued: 60, 'dropped.queue_full': 50 });
    expect(exporter.health().status).toBe('degraded');
    const before = performance.now();
    await exporter.close();
    expect(performance.now() - before).toBeLessThan(1_000);
    const stats = exporter.stats();
    expect(stats).toMatchObject({ exported: 0, queued: 0, 'dropped.queue_full': 50, 'dropped.shutdown': 60 });
    await vi.waitFor(() => expect(silent.connections).toBe(0));
    await silent.close();
  });

  it('has counted what it gives up when a pipeline with little time is closed', async () => {
    const silent = new SilentServer();
    await silent.start();
    const exporter = new OtlpTraceExporter({ endpoint: silent.endpoint, maxBatchSize: 10 });
    const pipeline = new Pipeline({ exporters: [exporter], timeoutMs: 60 });
    await pipeline.start();
    pipeline.push(Array.from({ length: 25 }, () => aSpan()));
    await pipeline.close();
    expect(pipeline.stats().dropped).toMatchObject({ 'otlp-traces.shutdown': 25 });
    await silent.close();
  });

  it('counts spans for a back end that is not there', async () => {
    const gone = sink.endpoint;
    await sink.close();
    const exporter = new OtlpTraceExporter({ endpoint: gone, exportTimeoutMs: 50 });
    exporter.export([aSpan()]);
    await exporter.close();
    expect(exporter.stats()).toMatchObject({ 'dropped.export_failed': 1 });
    await sink.start();
  });

  it('closes with its signal, connections too', async () => {
    const controller = new AbortController();
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint });
    await exporter.start(controller.signal);
    exporter.export([aSpan()]);
    controller.abort();
    await exporter.close();
    expect(sink.spans).toHaveLength(1);
    await vi.waitFor(async () => expect(await sink.connections()).toBe(0));
  });

  it('tries again where that may help, as long as the back end asks to wait, and says so in health meanwhile', async () => {
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint, retryInitialDelayMs: 60_000 });
    await exporter.start();
    sink.answer = (response) => {
      sink.answer = (later) => later.writeHead(200).end();
      response.writeHead(503, { 'retry-after': '1' }).end('busy');
    };
    exporter.export([aSpan()]);
    const flushed = exporter.flush();
    await vi.waitFor(() => expect(exporter.health().status).toBe('degraded'));
    expect(exporter.health().messages).toEqual([expect.stringContaining('tried again: 503 Service Unavailable: busy')]);
    await flushed;
    expect(exporter.stats()).toMatchObject({ exported: 1, retries: 1, 'dropped.export_failed': 0 });
    expect(exporter.health().status).toBe('healthy');
    await exporter.close();
  });

  it('close() calls off a retry that waits, and counts its spans', async () => {
    const exporter = new OtlpTraceExporter({
      endpoint: sink.endpoint,
      retryInitialDelayMs: 60_000,
      closeTimeoutMs: 50,
    });
    await exporter.start();
    sink.answer = (response) => response.writeHead(429).end();
    exporter.export([aSpan(), aSpan()]);
    await exporter.close();
    expect(exporter.stats()).toMatchObject({ queued: 0, 'dropped.shutdown': 2 });
    expect(sink.requests).toHaveLength(1);
    await vi.waitFor(async () => expect(await sink.connections()).toBe(0));
  });

  it.each<[OtlpOptions['protocol'], string, Uint8Array | string]>([
    // partial_success { rejected_spans: 2, error_message: "no" }
    ['http/protobuf', 'application/x-protobuf', Uint8Array.of(0x0a, 6, 0x08, 2, 0x12, 2, 0x6e, 0x6f)],
    ['http/json', 'application/json', '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}'],
  ])('counts what a back end rejects of a batch, over %s', async (protocol, type, body) => {
    sink.answer = (response) => response.writeHead(200, { 'content-type': type }).end(body);
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint, protocol: protocol as 'http/json' });
    exporter.export([aSpan(), aSpan(), aSpan()]);
    await exporter.close();
    expect(exporter.stats()).toMatchObject({
      exported: 1,
      queued: 0,
      'dropped.rejected': 2,
      'dropped.export_failed': 0,
    });
  });

  it('requests with huge paths take no others with them at a receiver that takes 4 MiB', async () => {
    sink.maxBodyBytes = 4 * 1024 * 1024;
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint, attributeValueLengthLimit: 100_000 });
    for (let i = 0; i < 512; i += 1) exporter.export([aSpan(i < 80 ? { path: `/${'x'.repeat(60_000)}` } : {})]);
    await exporter.close();
    expect(exporter.stats()).toMatchObject({ exported: 512, 'dropped.export_failed': 0, 'dropped.too_large': 0 });
    expect(sink.spans).toHaveLength(512);
  });

  it('halves what a receiver finds too large, until only what is too large alone is lost, and counts that', async () => {
    sink.maxBodyBytes = 10_000;
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint, attributeValueLengthLimit: 100_000 });
    await exporter.start();
    for (let i = 0; i < 100; i += 1) exporter.export([aSpan(i === 33 ? { path: `/${'x'.repeat(10_000)}` } : {})]);
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({
      exported: 99,
      'dropped.too_large': 1,
      'dropped.export_failed': 0,
      queued: 0,
    });
    expect(sink.spans).toHaveLength(99);
    expect(new Set(sink.spans.map((span) => span.spanId)).size).toBe(99);
    await exporter.close();
  });

  it('does not storm a receiver that finds everything too large', async () => {
    sink.maxBodyBytes = 0;
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint });
    await exporter.start();
    exporter.export(Array.from({ length: 512 }, () => aSpan()));
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({ exported: 0, 'dropped.too_large': 512, queued: 0 });
    expect(sink.requests.length).toBeLessThan(300);
    expect(exporter.health().status).toBe('degraded');
    await exporter.close();
  });

  it('cuts texts at the limit that is given, by the environment or by default', async () => {
    const path = `/${'x'.repeat(59_999)}`;
    const lengths = async (): Promise<unknown> => {
      const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint });
      exporter.export([aSpan({ path, route: path })]);
      await exporter.close();
      expect(exporter.stats()['texts_cut']).toBe(3);
      const span = sink.spans.at(-1);
      return [span?.name.length, span?.attributes['url.path'], span?.attributes['http.route']].map((value) =>
        typeof value === 'string' ? value.length : value,
      );
    };
    expect(await lengths()).toEqual([4_096, 4_096, 4_096]);
    vi.stubEnv('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '200');
    expect(await lengths()).toEqual([200, 200, 200]);
    vi.stubEnv('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', '100');
    expect(await lengths()).toEqual([100, 100, 100]);
  });

  it('holds no more bytes for a receiver that hangs than it may', async () => {
    const silent = new SilentServer();
    await silent.start();
    const exporter = new OtlpTraceExporter({ endpoint: silent.endpoint, closeTimeoutMs: 50 });
    await exporter.start();
    for (let i = 0; i < 8_000; i += 1) exporter.export([aSpan({ path: `/${'x'.repeat(16_000)}` })]);
    const { queue_bytes, queued = 0, 'dropped.queue_full': full = 0 } = exporter.stats();
    expect(queue_bytes).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(queued).toBeGreaterThan(900);
    expect(queued + full).toBe(8_000);
    expect(exporter.health().messages).toEqual([expect.stringContaining('maxQueueBytes')]);
    await exporter.close();
    await silent.close();
  });

  it.each([
    ['0', '0'],
    ['a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT'],
  ])('a receiver that asks to come back after %s is not stormed', async (_, retryAfter) => {
    const exporter = new OtlpTraceExporter({
      endpoint: sink.endpoint,
      retryInitialDelayMs: 50,
      exportTimeoutMs: 500,
    });
    sink.answer = (response) => response.writeHead(503, { 'retry-after': retryAfter }).end();
    exporter.export([aSpan()]);
    await exporter.flush();
    // After 50, 100 and 200 ms, a fifth more or less.
    expect(sink.requests.length).toBeLessThanOrEqual(5);
    expect(exporter.stats()).toMatchObject({ 'dropped.export_failed': 1 });
    await exporter.close();
  });

  it('an answer that cannot be read is still the answer that all went well', async () => {
    sink.answer = (response) => response.writeHead(200).end(Uint8Array.of(0xff, 0xff, 0xff));
    const exporter = new OtlpTraceExporter({ endpoint: sink.endpoint });
    exporter.export([aSpan()]);
    await exporter.close();
    expect(exporter.stats()).toMatchObject({ exported: 1, 'dropped.rejected': 0 });
  });

  it.each<OtlpOptions>([
    { endpoint: 'localhost:4318' },
    { url: 'not a url' },
    { endpoint: 'ftp://x' },
    { protocol: 'thrift' as 'grpc' },
    { timeoutMs: 0 },
    { tls: { cert: '-----BEGIN CERTIFICATE-----' } },
    { tls: { ca: '/nowhere/ca.pem' } },
  ])('refuses %j', (options) => {
    expect(() => new OtlpTraceExporter(options)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => new OtlpMetricExporter(options)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

it.each([
  { endpoint: 'user:hunter2@receiver:4318' },
  { endpoint: 'ftp://user:hunter2@receiver' },
  { url: 'https://user:hunter2@receiver:port/?token=hunter2' },
])('tells no password of an endpoint that is none', (options) => {
  let message = '';
  try {
    new OtlpTraceExporter(options);
  } catch (error) {
    message = `${error} ${(error as Error).stack} ${inspect(error)}`;
  }
  expect(message).toContain('unix:///path');
  expect(message).not.toContain('hunter2');
});

describe('OtlpMetricExporter', () => {
  it('delivers histograms with the right values, one request per process', async () => {
    const exporter = new OtlpMetricExporter({ endpoint: sink.endpoint });
    await exporter.start();
    exporter.export([
      aSpan({ route: '/a' }),
      aSpan({ route: '/a' }),
      aSpan({ process: cart, kind: 'http.client', host: 'pay:81' }),
    ]);
    await exporter.close();
    expect(sink.requests.map((request) => request.path)).toEqual(['/v1/metrics', '/v1/metrics']);
    const duration = sink.points.find((point) => point.metric === 'http.server.request.duration');
    expect(duration).toMatchObject({
      unit: 's',
      temporality: 2,
      count: 2,
      attributes: {
        'http.route': '/a',
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'server.port': 8080,
      },
      resource: { 'service.name': 'shop' },
      bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      counts: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    });
    expect(duration?.sum).toBeCloseTo(0.02, 9);
    expect(sink.points.find((point) => point.metric === 'http.client.request.duration')).toMatchObject({
      resource: { 'service.name': 'cart' },
      attributes: { 'server.address': 'pay', 'server.port': 81 },
    });
    await vi.waitFor(async () => expect(await sink.connections()).toBe(0));
  });

  it('exports at its interval, which the environment may give, and values only grow', async () => {
    vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', '25');
    const exporter = new OtlpMetricExporter({ endpoint: sink.endpoint });
    await exporter.start();
    const counts = (): number[] =>
      sink.points.filter((point) => point.metric === 'http.server.request.duration').map((point) => point.count);
    exporter.export([aSpan()]);
    await vi.waitFor(() => expect(counts()).toContain(1));
    exporter.export([aSpan()]);
    await vi.waitFor(() => expect(counts()).toContain(2));
    await exporter.close();
    expect(counts()).toEqual(counts().toSorted());
  });

  it('loses no count to a failed export', async () => {
    const exporter = new OtlpMetricExporter({ endpoint: sink.endpoint });
    await exporter.start();
    sink.answer = (response) => response.writeHead(400).end();
    exporter.export([aSpan()]);
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({ exports: 1, failed_exports: 1 });
    expect(exporter.health().status).toBe('degraded');
    sink.answer = (response) => response.writeHead(200).end();
    exporter.export([aSpan()]);
    await exporter.close();
    expect(sink.points.filter((point) => point.metric === 'http.server.request.duration').at(-1)?.count).toBe(2);
  });

  it('halves what a receiver finds too large', async () => {
    sink.maxBodyBytes = 3_000;
    const exporter = new OtlpMetricExporter({ endpoint: sink.endpoint });
    await exporter.start();
    for (let i = 0; i < 50; i += 1) exporter.export([aSpan({ route: `/${i}` })]);
    await exporter.close();
    const routes = sink.points
      .filter((point) => point.metric === 'http.server.request.duration')
      .map((point) => point.attributes['http.route']);
    expect(new Set(routes).size).toBe(50);
    expect(routes).toHaveLength(50);
    expect(exporter.stats()).toMatchObject({ failed_exports: 0 });
  });

  it('close() returns in time with a back end that never answers', async () => {
    const silent = new SilentServer();
    await silent.start();
    const exporter = new OtlpMetricExporter({ endpoint: silent.endpoint, closeTimeoutMs: 100 });
    await exporter.start();
    exporter.export([aSpan()]);
    const before = performance.now();
    await exporter.close();
    expect(performance.now() - before).toBeLessThan(1_000);
    await vi.waitFor(() => expect(silent.connections).toBe(0));
    await silent.close();
  });
});

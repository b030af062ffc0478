import type { RequestSpan } from '@beyla/core';
import { OtlpMetricExporter, type OtlpOptions, type OtlpProtocol, OtlpTraceExporter } from '@beyla/exporters';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aSpan as aSourceSpan } from '../../packages/core/src/testing/span.ts';
import {
  BUILD_TIMEOUT_MS,
  buildCollector,
  type CollectedMetric,
  Collector,
  needsCollector,
} from '../support/collector.ts';
import { makeTlsFiles, type TlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';

type MetricPoint = CollectedMetric['histogram']['dataPoints'][number];

const PROTOCOLS: readonly OtlpProtocol[] = ['grpc', 'http/protobuf', 'http/json'];

/** The span of the sources as one of the build: the same shape, to the compiler another class. */
function aSpan(fields?: { route: string }): RequestSpan {
  return aSourceSpan(fields) as unknown as RequestSpan;
}

function optionsFor(collector: Collector, protocol: OtlpProtocol, scheme: 'http' | 'https' = 'http'): OtlpOptions {
  const port = protocol === 'grpc' ? collector.grpcPort : collector.httpPort;
  return { endpoint: `${scheme}://127.0.0.1:${port}`, protocol };
}

/** Sends `count` requests as spans and as metrics, and expects both exporters to have lost nothing. */
async function sendBoth(options: OtlpOptions, count: number): Promise<string[]> {
  const traces = new OtlpTraceExporter(options);
  const metrics = new OtlpMetricExporter(options);
  const spans = Array.from({ length: count }, () => aSpan({ route: '/a' }));
  for (const exporter of [traces, metrics]) {
    await exporter.start();
    exporter.export(spans);
    await exporter.flush();
    expect(exporter.health()).toEqual({ status: 'healthy', messages: [] });
    await exporter.close();
  }
  expect(traces.stats()).toMatchObject({ exported: count, queued: 0, retries: 0, 'dropped.rejected': 0 });
  expect(metrics.stats()).toMatchObject({ failed_exports: 0, rejected_points: 0, retries: 0 });
  return spans.map((span) => span.spanId);
}

describe('OTLP with the OpenTelemetry Collector', needsCollector, () => {
  let tls: TlsFiles;

  beforeAll(() => {
    buildCollector();
    tls = makeTlsFiles();
  }, BUILD_TIMEOUT_MS);
  afterAll(() => tls?.remove());

  describe.each<{ title: string; asksForClients?: boolean; secure: boolean }>([
    { title: 'without TLS', secure: false },
    { title: 'with TLS', secure: true },
    { title: 'with mTLS', secure: true, asksForClients: true },
  ])('$title', ({ secure, asksForClients = false }) => {
    it.each(PROTOCOLS)('takes traces and metrics over %s, compressed or not', async (protocol) => {
      const collector = use(await Collector.start(secure ? tls : undefined, asksForClients));
      const options: OtlpOptions = {
        ...optionsFor(collector, protocol, secure ? 'https' : 'http'),
        ...(secure && { tls: asksForClients ? tls : { ca: tls.ca } }),
      };
      const sent = await sendBoth(options, 100);
      sent.push(...(await sendBoth({ ...options, compression: 'gzip' }, 50)));
      expect(collector.spans.map((span) => span.spanId).toSorted()).toEqual(sent.toSorted());
      expect(collector.spans[0]).toMatchObject({ name: 'GET /a', startTimeUnixNano: '1767323045000000000' });
      const counts = collector.metrics
        .filter((metric) => metric.name === 'http.server.request.duration')
        .map((metric) => metric.histogram.dataPoints[0]?.count);
      // Once by flush(), once by close().
      expect(counts).toEqual(['100', '100', '50', '50']);
    });
  });

  it.each(PROTOCOLS)('takes traces and metrics over %s on a Unix socket', async (protocol) => {
    const collector = use(await Collector.startOnSockets());
    const socket = protocol === 'grpc' ? collector.grpcSocket : collector.httpSocket;
    const sent = await sendBoth({ endpoint: `unix://${socket}`, protocol }, 100);
    expect(collector.spans.map((span) => span.spanId).toSorted()).toEqual(sent.toSorted());
    expect(collector.metrics.map(({ name }) => name)).toContain('http.server.request.duration');
  });

  it('says which socket does not answer', async () => {
    const exporter = new OtlpTraceExporter({ endpoint: 'unix:///nowhere/otel.sock', exportTimeoutMs: 50 });
    await exporter.start();
    exporter.export([aSpan()]);
    await exporter.flush();
    expect(exporter.health().messages[0]).toContain('/nowhere/otel.sock');
    await exporter.close();
  });

  it.each(PROTOCOLS)('takes exponential histograms over %s', async (protocol) => {
    const collector = use(await Collector.start());
    const exporter = new OtlpMetricExporter({
      ...optionsFor(collector, protocol),
      histogramAggregation: 'base2_exponential_bucket_histogram',
      exponentialHistogram: { maxSize: 20 },
    });
    await exporter.start();
    const seconds = Array.from({ length: 100 }, (_, i) => 1.2 ** (i - 50));
    exporter.export(
      seconds.map((each) => {
        const span = aSpan({ route: '/a' });
        return { ...span, endNs: span.startNs + Math.round(each * 1e9) } as RequestSpan;
      }),
    );
    await exporter.close();
    const metric = collector.metrics.find(({ name }) => name === 'http.server.request.duration');
    const [point] = metric?.exponentialHistogram?.dataPoints ?? [];
    expect(point).toMatchObject({ count: '100' });
    // 100 steps of a fifth are 26 powers of two: the finest scale of 20 buckets has four to two of them.
    expect(point?.scale).toBe(-1);
    const counts = new Map<number, number>();
    for (const each of seconds) {
      const bucket = Math.ceil(Math.log2(each) / 2) - 1;
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    const { offset = 0, bucketCounts = [] } = point?.positive ?? {};
    expect(bucketCounts.map((count, i) => [offset + i, Number(count)])).toEqual([...counts]);
  });

  it.each(PROTOCOLS)(
    'a client without certificate, or without the authority, sends nothing over %s',
    async (protocol) => {
      const collector = use(await Collector.start(tls, true));
      const options = { ...optionsFor(collector, protocol, 'https'), exportTimeoutMs: 300, retryInitialDelayMs: 50 };
      for (const wrong of [{}, { ca: tls.ca }]) {
        const exporter = new OtlpTraceExporter({ ...options, tls: wrong });
        await exporter.start();
        exporter.export([aSpan()]);
        await exporter.flush();
        expect(exporter.stats()).toMatchObject({ exported: 0, 'dropped.export_failed': 1 });
        expect(exporter.health().status).toBe('degraded');
        await exporter.close();
      }
      const trusting = new OtlpTraceExporter({
        ...options,
        tls: { cert: tls.cert, key: tls.key, insecureSkipVerify: true },
      });
      trusting.export([aSpan({ route: '/trusting' })]);
      await trusting.close();
      expect(collector.spans.map((span) => span.name)).toEqual(['GET /trusting']);
    },
  );

  it.each(PROTOCOLS)(
    'gets exemplars that lead to the spans, over %s, by explicit and exponential buckets',
    async (protocol) => {
      const collector = use(await Collector.start());
      const options = optionsFor(collector, protocol);
      const slow = aSpan({ route: '/slow' });
      const spans = [aSpan({ route: '/a' }), slow];
      for (const histogramAggregation of ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const) {
        const exporter = use(new OtlpMetricExporter({ ...options, histogramAggregation }));
        exporter.export(spans);
        await exporter.close();
        expect(exporter.stats()).toMatchObject({ failed_exports: 0 });
      }
      const durations = collector.metrics.filter(({ name }) => name === 'http.server.request.duration');
      const explicit = durations.flatMap(({ histogram }) => histogram?.dataPoints ?? []);
      const exponential = durations.flatMap(({ exponentialHistogram }) => exponentialHistogram?.dataPoints ?? []);
      expect([explicit.length, exponential.length]).toEqual([2, 2]);
      for (const points of [explicit, exponential]) {
        for (const { count } of points) expect(count).toBe('1');
        const exemplars = points.flatMap(({ exemplars = [] }) => exemplars);
        expect(exemplars.map(({ traceId, spanId, asDouble }) => ({ traceId, spanId, asDouble }))).toEqual(
          spans.map(({ traceId, spanId }) => ({ traceId, spanId, asDouble: 0.01 })),
        );
      }
      // Metrics without exemplars came beside them.
      expect(collector.metrics.filter(({ name }) => name === 'http.server.response.body.size')).toHaveLength(2);
    },
  );

  describe.each(PROTOCOLS)('killed and restarted under load, over %s', (protocol) => {
    /** Offers 100 spans every 10 ms while the Collector is killed and started twice; returns all ids. */
    async function offerThroughOutages(
      exporter: OtlpTraceExporter,
      collector: Collector,
      outageIsOver: (stats: Record<string, number>, droppedBefore: number) => boolean,
    ): Promise<Set<string>> {
      const sent = new Set<string>();
      const load = setInterval(() => {
        const spans = Array.from({ length: 100 }, () => aSpan());
        for (const span of spans) sent.add(span.spanId);
        exporter.export(spans);
      }, 10);
      for (let outage = 1; outage <= 2; outage += 1) {
        const before = exporter.stats()['exported'] ?? 0;
        await vi.waitFor(() => expect(exporter.stats()['exported']).toBeGreaterThan(before + 1_000), 10_000);
        await collector.kill();
        await vi.waitFor(() => expect(exporter.health().status).toBe('degraded'), 10_000);
        const atKill = exporter.stats()['dropped.queue_full'] ?? 0;
        await vi.waitUntil(() => outageIsOver(exporter.stats(), atKill), 10_000);
        await collector.restart();
      }
      clearInterval(load);
      await vi.waitFor(() => expect(exporter.stats()['queued']).toBe(0), 20_000);
      return sent;
    }

    it('loses nothing that the queue can hold', async () => {
      const collector = use(await Collector.start());
      const options = {
        ...optionsFor(collector, protocol),
        delayMs: 20,
        retryInitialDelayMs: 50,
        retryMaxDelayMs: 200,
      };
      const exporter = use(new OtlpTraceExporter({ ...options, maxQueueSize: 1_000_000 }));
      await exporter.start();
      const sent = await offerThroughOutages(exporter, collector, (stats) => (stats['queued'] ?? 0) > 2_000);
      const received = new Set(collector.spans.map((span) => span.spanId));
      expect(received).toEqual(sent);
      expect(exporter.stats()).toMatchObject({
        exported: sent.size,
        'dropped.queue_full': 0,
        'dropped.export_failed': 0,
      });
      expect(exporter.stats()['retries']).toBeGreaterThan(0);
      expect(exporter.health()).toEqual({ status: 'healthy', messages: [] });
    });

    it('metrics go on where they were: every count is cumulative, none is lost and none is double', async () => {
      const collector = use(await Collector.start());
      const options = { ...optionsFor(collector, protocol), intervalMs: 40, exportTimeoutMs: 400 };
      const exporter = use(new OtlpMetricExporter({ ...options, retryInitialDelayMs: 20, retryMaxDelayMs: 40 }));
      await exporter.start();
      let sent = 0;
      const load = setInterval(() => {
        exporter.export(Array.from({ length: 10 }, () => aSpan({ route: '/a' })));
        sent += 10;
      }, 5);
      const points = (): MetricPoint[] =>
        collector.metrics
          .filter(({ name }) => name === 'http.server.request.duration')
          .flatMap(({ histogram }) => histogram.dataPoints);
      const lastCount = (): number => Number(points().at(-1)?.count ?? 0);
      for (let outage = 1; outage <= 2; outage += 1) {
        await vi.waitUntil(() => lastCount() > 200 * outage, 10_000);
        await collector.kill();
        // Longer than an export and all its retries: the one that was under way is given up, too.
        const failedBefore = exporter.stats()['failed_exports'] ?? 0;
        await vi.waitUntil(() => (exporter.stats()['failed_exports'] ?? 0) > failedBefore + 1, 10_000);
        expect(exporter.health().status).toBe('degraded');
        await collector.restart();
      }
      clearInterval(load);
      await vi.waitFor(() => expect(lastCount()).toBe(sent), 10_000);
      expect(exporter.health()).toEqual({ status: 'healthy', messages: [] });
      const counts = points().map(({ count }) => Number(count));
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      expect(new Set(points().map(({ startTimeUnixNano }) => startTimeUnixNano)).size).toBe(1);
      for (const { count, bucketCounts } of points()) {
        expect(bucketCounts.reduce((sum, bucket) => sum + Number(bucket), 0)).toBe(Number(count));
      }
      const failures = Object.entries(exporter.stats()).filter(([name]) => name.startsWith('failed.'));
      expect(failures.reduce((sum, [, count]) => sum + count, 0)).toBe(exporter.stats()['failed_exports']);
    });

    it('what a small queue cannot hold is counted: sent = received + dropped', async () => {
      const collector = use(await Collector.start());
      const options = {
        ...optionsFor(collector, protocol),
        delayMs: 20,
        retryInitialDelayMs: 50,
        retryMaxDelayMs: 200,
      };
      const exporter = use(new OtlpTraceExporter({ ...options, maxQueueSize: 1_500, maxBatchSize: 250 }));
      await exporter.start();
      const sent = await offerThroughOutages(
        exporter,
        collector,
        (stats, droppedBefore) => (stats['dropped.queue_full'] ?? 0) > droppedBefore,
      );
      const received = new Set(collector.spans.map((span) => span.spanId));
      const stats = exporter.stats();
      const dropped = Object.entries(stats).filter(([name]) => name.startsWith('dropped.'));
      expect(stats['dropped.queue_full']).toBeGreaterThan(0);
      expect(received.size).toBe(stats['exported']);
      expect(received.size + dropped.reduce((sum, [, count]) => sum + count, 0)).toBe(sent.size);
    });
  });
});

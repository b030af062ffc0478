import { DiagLogLevel, diag } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import { aProcess, aSpan } from '../../../core/src/testing/span.ts';
import { MetricExporterAdapter } from './metric-exporter-adapter.ts';
import { SpanExporterAdapter } from './span-exporter-adapter.ts';

describe('SpanExporterAdapter', () => {
  it('feeds an exporter that a host already has, one Resource per process', async () => {
    const exporter = new InMemorySpanExporter();
    const adapter = new SpanExporterAdapter(exporter);
    await adapter.start();
    adapter.export([aSpan({ route: '/a' }), aSpan({ route: '/b' }), aSpan({ process: aProcess({ pid: 7 }) })]);
    await adapter.flush();
    const spans = exporter.getFinishedSpans();
    expect(spans.map((span) => span.name)).toEqual(['GET /a', 'GET /b', 'GET']);
    expect(spans[0]?.resource).toBe(spans[1]?.resource);
    expect(spans[2]?.resource.attributes['process.pid']).toBe(7);
    await adapter.close();
  });

  it('exports the attributes that are selected', async () => {
    const exporter = new InMemorySpanExporter();
    const adapter = new SpanExporterAdapter(exporter, { attributes: { include: ['http_*'], exclude: ['*_size'] } });
    adapter.export([aSpan({ route: '/a' })]);
    await adapter.flush();
    expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/a',
    });
    await adapter.close();
  });

  it.each<[string, SpanExporter['export']]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['never calls back', () => undefined],
    ['fails without a reason', (_, done) => done({ code: ExportResultCode.FAILED })],
  ])('counts the spans of an exporter that %s, and closes', async (_, run) => {
    const exporter: SpanExporter = { export: run, shutdown: () => Promise.reject(new Error('broken')) };
    const adapter = new SpanExporterAdapter(exporter, { exportTimeoutMs: 20, maxBatchSize: 2 });
    await adapter.start();
    adapter.export([aSpan(), aSpan(), aSpan()]);
    await adapter.flush();
    expect(adapter.stats()).toMatchObject({ exported: 0, queued: 0, 'dropped.export_failed': 3 });
    expect(adapter.health()).toMatchObject({ status: 'degraded', messages: [expect.stringMatching(/export failed/)] });
    await adapter.close();
    expect(adapter.health().status).toBe('closed');
  });
});

describe('MetricExporterAdapter', () => {
  afterEach(() => {
    diag.disable();
  });

  it('feeds an exporter that a host already has, one Resource per process', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const adapter = new MetricExporterAdapter(exporter);
    await adapter.start();
    const cart = aProcess({ service: { name: 'cart', namespace: '', instanceId: 'h:7' } });
    adapter.export([aSpan(), aSpan({ process: cart })]);
    await adapter.flush();
    const names = exporter.getMetrics().map((metrics) => metrics.resource.attributes['service.name']);
    expect(names.toSorted()).toEqual(['cart', 'shop']);
    await adapter.close();
  });

  it('warns when the exporter wants delta temporality', async () => {
    const warnings: string[] = [];
    const ignore = (): void => undefined;
    const logger = {
      error: ignore,
      warn: (text: string) => warnings.push(text),
      info: ignore,
      debug: ignore,
      verbose: ignore,
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    const adapter = new MetricExporterAdapter(new InMemoryMetricExporter(AggregationTemporality.DELTA));
    expect(warnings).toEqual([expect.stringContaining('delta temporality is not supported')]);
    await adapter.close();
  });

  it('refuses an impossible interval', () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    expect(() => new MetricExporterAdapter(exporter, { intervalMs: 0 })).toThrowError(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';
import type { Environment } from './substitute.ts';
import { type WantedExporter, wantedExporters } from './wanted-exporters.ts';

async function wanted(text: string, env: Environment = {}): Promise<readonly WantedExporter[]> {
  return wantedExporters(await loadConfig(`open_port: 80\n${text}\n`, env));
}

describe('wantedExporters()', () => {
  it('adds the path of the signal to the common endpoint, never to one that has a path', async () => {
    const common = await wanted('', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1/base' });
    expect(common).toMatchObject([
      { kind: 'otlp-traces', endpoint: 'http://a:1/base' },
      { kind: 'otlp-metrics', endpoint: 'http://a:1/base' },
    ]);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b:2/' };
    expect(await wanted('', env)).toMatchObject([
      { kind: 'otlp-traces', url: 'http://b:2/' },
      { kind: 'otlp-metrics', endpoint: 'http://a:1' },
    ]);
  });

  it.each([
    ['http://a:4317', 'grpc'],
    ['http://a:14317', 'grpc'],
    ['http://a:4318', 'http/protobuf'],
    ['http://a:24318', 'http/protobuf'],
    ['https://a', 'http/protobuf'],
  ])('guesses the protocol of %s as %s', async (endpoint, protocol) => {
    expect(await wanted(`otel_traces_export: { endpoint: "${endpoint}" }`)).toMatchObject([{ endpoint, protocol }]);
  });

  it('takes the protocol, headers, timeout and compression that are given, those of the signal first', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2%3D',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'c=3',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1500',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    };
    const sections =
      'otel_traces_export: { endpoint: "http://a:4317" }\notel_metrics_export: { endpoint: "http://a:4317" }';
    expect(await wanted(sections, env)).toMatchObject([
      { protocol: 'http/json', headers: { c: '3' }, timeoutMs: 1500, compression: 'gzip' },
      { protocol: 'http/json', headers: { a: '1', b: '2=' } },
    ]);
  });

  it('sends to Grafana Cloud what is to be submitted, where no endpoint is set', async () => {
    const text =
      'grafana: { otlp: { cloud_zone: eu, cloud_instance_id: 7, cloud_api_key: key, cloud_submit: [metrics] } }';
    expect(await wanted(text)).toMatchObject([
      {
        kind: 'otlp-metrics',
        endpoint: 'https://otlp-gateway-eu.grafana.net/otlp',
        headers: { Authorization: `Basic ${Buffer.from('7:key').toString('base64')}` },
      },
    ]);
  });

  it('has exponential histograms for OTLP where the configuration or its variable says so', async () => {
    const text = 'otel_metrics_export: { endpoint: "http://a", exponential_histogram: { max_size: 40, max_scale: 5 } }';
    expect(await wanted(text)).toMatchObject([{ histogramAggregation: 'explicit_bucket_histogram' }]);
    const env = { OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram' };
    expect(await wanted(text, env)).toMatchObject([
      {
        histogramAggregation: 'base2_exponential_bucket_histogram',
        exponentialHistogram: { maxSize: 40, maxScale: 5 },
      },
    ]);
  });

  it.each([
    ['', 'base2_exponential_bucket_histogram', { maxSize: 100, maxScale: 3 }],
    ['bucket_factor: 2', 'base2_exponential_bucket_histogram', { maxSize: 100, maxScale: 0 }],
    [
      'bucket_factor: 1.0001, max_bucket_number: 50',
      'base2_exponential_bucket_histogram',
      { maxSize: 50, maxScale: 8 },
    ],
    ['bucket_factor: 70000', 'base2_exponential_bucket_histogram', { maxSize: 100, maxScale: -4 }],
    ['bucket_factor: 1', 'explicit_bucket_histogram', { maxSize: 160, maxScale: 8 }],
  ])('has native histograms by "%s"', async (native, histogramAggregation, exponentialHistogram) => {
    const [exporter] = await wanted(`prometheus_export: { port: 9400, native_histogram: { ${native} } }`);
    expect(exporter).toMatchObject({ histogramAggregation, exponentialHistogram });
  });

  it('carries queue, retries, buckets and attributes over', async () => {
    const text = `
otel_traces_export: { endpoint: "http://a", batch_max_size: 100, queue_size: 0, batch_timeout: 2s, backoff_max_elapsed_time: 1m, backoff_initial_interval: 1s }
prometheus_export: { port: 9400, ttl: 1m, report_target: true, buckets: { request_size_histogram: [1, 2] } }
attributes: { select: { "http.*": { exclude: [url.path] }, traces: { exclude: [url.query] } } }`;
    expect(await wanted(text)).toMatchObject([
      {
        attributes: { exclude: ['url.query'] },
        queue: {
          maxBatchSize: 100,
          maxQueueSize: 400,
          delayMs: 2000,
          exportTimeoutMs: 60_000,
          retryInitialDelayMs: 1000,
        },
      },
      {
        ttlMs: 60_000,
        buckets: { requestSizeHistogram: [1, 2] },
        select: { '*': {}, '**': { include: ['url.path'] }, 'http.*': { exclude: ['url.path'] } },
      },
    ]);
  });

  it('makes the groups of metrics that are asked for', async () => {
    const text = 'prometheus_export: { port: 1 }\nmetrics: { features: [application_span, network] }';
    const env = { BEYLA_METRIC_SPAN_NAMES_LIMIT: '7' };
    expect(await wanted(text, env)).toMatchObject([{ features: ['application_span'], spanNamesLimit: 7 }]);
    const all = await wanted(text, { BEYLA_METRICS_FEATURES: '*' });
    expect(all).toMatchObject([{ features: expect.arrayContaining(['application', 'application_service_graph']) }]);
  });

  it('makes no metrics without a feature of requests, and nothing at all with noop', async () => {
    const exporters = 'print_traces: true\nprometheus_export: { port: 1 }';
    expect((await wanted(exporters, { BEYLA_METRICS_FEATURES: 'network' })).map(({ kind }) => kind)).toEqual([
      'console',
    ]);
    expect(await wanted(exporters, { BEYLA_NOOP_TRACES: 'true' })).toEqual([]);
  });

  it('has internal metrics on a port of their own, on that of the others, or by OTLP', async () => {
    const own = 'internal_metrics: { prometheus: { port: 9 } }';
    const page = { kind: 'internal-metrics', port: 9, path: '/internal/metrics' };
    expect(await wanted(`print_traces: true\n${own}`)).toEqual([{ kind: 'console', format: 'text' }, page]);
    const [application, internal] = await wanted(`prometheus_export: { port: 8 }\n${own}`);
    expect(application).toMatchObject({ kind: 'prometheus', port: 8 });
    expect(application).not.toHaveProperty('internalPath');
    expect(internal).toEqual(page);
    expect(await wanted(`prometheus_export: { port: 9 }\n${own}`)).toMatchObject([
      { kind: 'prometheus', port: 9, path: '/metrics', internalPath: '/internal/metrics' },
    ]);
    const disabled = { BEYLA_INTERNAL_METRICS_EXPORTER: 'disabled' };
    expect(await wanted(`prometheus_export: { port: 8 }\n${own}`, disabled)).toHaveLength(1);
    const otel = 'otel_metrics_export: { endpoint: "http://otel:4318" }\ninternal_metrics: { exporter: otel }';
    expect((await wanted(otel)).map(({ kind }) => kind)).toEqual(['otlp-metrics', 'otlp-internal-metrics']);
  });
});

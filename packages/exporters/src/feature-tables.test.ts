import { DataPointType } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { parseTextFormat } from '../../../test/support/prometheus-text.ts';
import { aGrpcSpan, aProcess, aSpan } from '../../core/src/testing/span.ts';
import { TextFormat } from './prometheus/text-format.ts';
import { RedMetrics } from './red-metrics.ts';
import type { RedMetricsOptions } from './red-metrics-options.ts';

const SHOP = aProcess({ service: { name: 'shop', namespace: 'prod', instanceId: 'h:1' } });
const CART = aProcess({ pid: 7, service: { name: 'cart', namespace: 'prod', instanceId: 'h:7' } });

/** Samples by name, without those of target_info and of the labels that every series of a service has. */
function samplesOf(metrics: RedMetrics, name: string): { labels: Record<string, string>; value: number }[] {
  const page = [...new TextFormat().write(metrics.services())].join('');
  return parseTextFormat(page)
    .samples.filter((sample) => sample.name === name)
    .map(({ labels: { service_name, service_namespace, instance, job, ...labels }, value }) => ({ labels, value }));
}

function counted(options: RedMetricsOptions, spans: Parameters<RedMetrics['record']>[0]): RedMetrics {
  const metrics = new RedMetrics(options);
  metrics.record(spans);
  return metrics;
}

describe('span metrics', () => {
  const spans = [
    aSpan({ process: SHOP, route: '/a', requestBodySize: 10, responseBodySize: 100 }),
    aSpan({ process: SHOP, route: '/a', requestBodySize: undefined, responseBodySize: 50 }),
    aSpan({ process: SHOP, route: '/a', statusCode: 500 }),
    aSpan({ process: SHOP, kind: 'http.client', method: 'POST', statusCode: 404 }),
  ];
  const labels = { source: 'beyla', telemetry_sdk_language: 'nodejs' };
  const ok = { ...labels, span_name: 'GET /a', span_kind: 'SPAN_KIND_SERVER', status_code: 'STATUS_CODE_UNSET' };

  it.each([
    ['application_span', 'traces_spanmetrics_calls_total', 'traces_spanmetrics_latency'],
    ['application_span_otel', 'traces_span_metrics_calls_total', 'traces_span_metrics_duration_seconds'],
  ] as const)('%s counts calls and latency by span name, kind and status', (feature, calls, latency) => {
    const metrics = counted({ features: [feature] }, spans);
    const byLabels = [
      { labels: ok, value: 2 },
      { labels: { ...ok, status_code: 'STATUS_CODE_ERROR' }, value: 1 },
      {
        labels: { ...ok, span_name: 'POST', span_kind: 'SPAN_KIND_CLIENT', status_code: 'STATUS_CODE_ERROR' },
        value: 1,
      },
    ];
    expect(samplesOf(metrics, calls)).toEqual(byLabels);
    expect(samplesOf(metrics, `${latency}_count`)).toEqual(byLabels);
    expect(samplesOf(metrics, 'http_server_request_duration_seconds_count')).toEqual([]);
  });

  it('has gRPC calls by service and method', () => {
    const metrics = counted({ features: ['application_span', 'application_span_sizes'] }, [
      aGrpcSpan({ process: SHOP }),
      aGrpcSpan({ process: SHOP, kind: 'grpc.client', grpcStatus: 5 }),
    ]);
    const grpc = { ...ok, span_name: 'shop.Cart/Add' };
    const failed = { ...grpc, span_kind: 'SPAN_KIND_CLIENT', status_code: 'STATUS_CODE_ERROR' };
    expect(samplesOf(metrics, 'traces_spanmetrics_calls_total')).toEqual([
      { labels: grpc, value: 1 },
      { labels: failed, value: 1 },
    ]);
    expect(samplesOf(metrics, 'traces_spanmetrics_size_total')[0]).toEqual({ labels: grpc, value: 12 });
  });

  it('application_span_sizes sums the bytes that are known', () => {
    const metrics = counted({ features: ['application', 'application_span_sizes'] }, spans);
    expect(samplesOf(metrics, 'traces_spanmetrics_size_total')[0]).toEqual({ labels: ok, value: 10 });
    expect(samplesOf(metrics, 'traces_spanmetrics_response_size_total')[0]).toEqual({ labels: ok, value: 150 });
    expect(samplesOf(metrics, 'http_server_request_duration_seconds_count')).toHaveLength(2);
  });

  it('names beyond the limit are AGGREGATED, until a name is no longer used', () => {
    const clock = { ms: 0 };
    const metrics = new RedMetrics({
      features: ['application_span'],
      spanNamesLimit: 2,
      ttlMs: 1_000,
      now: () => clock.ms,
    });
    const names = (): string[] =>
      samplesOf(metrics, 'traces_spanmetrics_calls_total').map(
        ({ labels, value }) => `${labels['span_name']} ${value}`,
      );
    for (const route of ['/1', '/2', '/3', '/4', '/1']) metrics.record([aSpan({ route })]);
    expect(names()).toEqual(['GET /1 2', 'GET /2 1', 'AGGREGATED 2']);
    clock.ms = 900;
    metrics.record([aSpan({ route: '/1' })]);
    clock.ms = 1_500;
    expect(names()).toEqual(['GET /1 3']);
    metrics.record([aSpan({ route: '/3' })]);
    expect(names()).toEqual(['GET /1 3', 'GET /3 1']);
  });

  it('keep to maxSeries, too', () => {
    const metrics = new RedMetrics({ features: ['application_span'], maxSeries: 3, spanNamesLimit: 1_000 });
    for (let i = 0; i < 50; i += 1) metrics.record([aSpan({ route: `/${i}` })]);
    expect(samplesOf(metrics, 'traces_spanmetrics_calls_total').map(({ value }) => value)).toEqual([1, 1, 1, 47]);
    expect(metrics.stats()).toMatchObject({ series: 4, overflowed: 47 });
  });

  it('are monotonic sums for OpenTelemetry', async () => {
    const [service] = counted({ features: ['application_span'] }, spans).services();
    const collected = await service?.collect();
    const calls = collected?.resourceMetrics.scopeMetrics[0]?.metrics[1];
    expect(calls).toMatchObject({
      descriptor: { name: 'traces_spanmetrics_calls' },
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
    });
    expect(calls?.dataPoints.map(({ value }) => value)).toEqual([2, 1, 1]);
  });

  it('refuses a feature that there is not', () => {
    expect(() => new RedMetrics({ features: ['network' as never] })).toThrowError(/features/);
  });
});

describe('service graph', () => {
  const features = ['application_service_graph'] as const;
  const edge = (client: string, server: string, namespaces: object = {}): object =>
    expect.objectContaining({ client, server, source: 'beyla', ...namespaces });

  it('has an edge from each peer to the service, and from it to what it calls', () => {
    const metrics = counted({ features }, [
      aSpan({ process: SHOP }),
      aSpan({ process: SHOP, statusCode: 500 }),
      aSpan({ process: SHOP, kind: 'http.client', host: 'pay.example:8443' }),
    ]);
    expect(samplesOf(metrics, 'traces_service_graph_request_total')).toEqual([
      { labels: edge('10.0.0.2', 'shop', { server_service_namespace: 'prod' }), value: 2 },
      { labels: edge('shop', 'pay.example', { client_service_namespace: 'prod' }), value: 1 },
    ]);
    expect(samplesOf(metrics, 'traces_service_graph_request_failed_total').map(({ value }) => value)).toEqual([1, 0]);
    expect(samplesOf(metrics, 'traces_service_graph_request_server_seconds_count')).toMatchObject([{ value: 2 }]);
    expect(samplesOf(metrics, 'traces_service_graph_request_client_seconds_count')).toMatchObject([{ value: 1 }]);
  });

  it('names the service that answers, and leaves the counting to it', () => {
    const cart = { address: '10.0.0.9', port: 80 };
    const metrics = counted({ features }, [
      aSpan({ process: CART, local: cart }),
      aSpan({ process: SHOP, kind: 'http.client', remote: cart }),
    ]);
    expect(samplesOf(metrics, 'traces_service_graph_request_client_seconds_count')).toEqual([
      { labels: edge('shop', 'cart', { server_service_namespace: 'prod' }), value: 1 },
    ]);
    expect(samplesOf(metrics, 'traces_service_graph_request_total')).toEqual([
      { labels: edge('10.0.0.2', 'cart'), value: 1 },
      { labels: edge('shop', 'cart'), value: 0 },
    ]);
  });

  it('does not take a loopback address for a name', () => {
    const local = { address: '127.0.0.1', port: 80 };
    const metrics = counted({ features }, [
      aSpan({ process: CART, local }),
      aSpan({ process: SHOP, kind: 'http.client', remote: local, host: undefined }),
    ]);
    expect(samplesOf(metrics, 'traces_service_graph_request_client_seconds_count')).toMatchObject([
      { labels: { server: '127.0.0.1' } },
    ]);
  });

  it('leaves out what a service asks of itself, unless that is wanted', () => {
    const own = { address: '10.0.0.1', port: 8080 };
    const spans = [
      aSpan({ process: SHOP, local: own }),
      aSpan({ process: SHOP, kind: 'http.client', remote: own }),
      aSpan({ process: SHOP, kind: 'http.client', remote: own }),
    ];
    const name = 'traces_service_graph_request_client_seconds_count';
    expect(samplesOf(counted({ features }, spans), name)).toEqual([]);
    expect(samplesOf(counted({ features, allowServiceGraphSelfReferences: true }, spans), name)).toMatchObject([
      { labels: { client: 'shop', server: 'shop' }, value: 2 },
    ]);
  });

  it('forgets edges that are not used', () => {
    const clock = { ms: 0 };
    const metrics = new RedMetrics({ features, ttlMs: 1_000, now: () => clock.ms });
    metrics.record([aSpan()]);
    clock.ms = 2_000;
    expect(samplesOf(metrics, 'traces_service_graph_request_total')).toEqual([]);
    expect(metrics.stats()).toMatchObject({ expired: 1, series: 0 });
  });
});

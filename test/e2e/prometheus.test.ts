import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isHttpSpan, type ProcessInfo, type RequestSpan } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';
import { describe, expect, it, vi } from 'vitest';
import { aGrpcSpan } from '../../packages/core/src/testing/span.ts';
import { needsBpf, unless } from '../support/capability.ts';
import { fetchPrometheus, PrometheusServer } from '../support/prometheus-server.mjs';
import { parseTextFormat } from '../support/prometheus-text.ts';
import { freePort, runNode, runNodeClient } from '../support/run-app.mjs';
import { selfSigned } from '../support/self-signed.ts';
import { sendLoad, type TruthRecord } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const needsPrometheus = needsBpf.skip
  ? needsBpf
  : unless(
      await fetchPrometheus().then(
        () => undefined,
        (error: Error) => error.message,
      ),
    );

/** Long enough to hold every load of a test. */
const WINDOW_SECONDS = 20;
const COUNT = 'http_server_request_duration_seconds_count';
const SERVER = '{service_name="node-server"}';
const LONG_MS = 35;
/** One in twenty is slow and one in ten fails: neither share is near a hundredth, so p99 is a slow one. */
const TARGETS = [
  `GET /slow?ms=${LONG_MS}`,
  ...Array.from({ length: 11 }, () => 'GET /users/{n}'),
  ...Array.from({ length: 6 }, () => 'POST /echo 300'),
  ...Array.from({ length: 2 }, () => 'GET /status/500'),
];
const ROUTES = { patterns: ['/slow', '/users/:id', '/echo', '/status/:code'] };

interface Scene {
  readonly appPort: number;
  readonly prometheus: PrometheusServer;
}

/** A server that is watched, and a Prometheus that has scraped each of its series once: what comes after is an increase. */
async function scene(): Promise<Scene> {
  const app = use(await runNode());
  const port = await freePort();
  const exporters = [new PrometheusExporter({ host: '127.0.0.1', port })];
  const watching = use(await watch({ pids: [app.pid], exporters, routes: ROUTES }));
  const first = await sendLoad({ port: app.port, targets: TARGETS, connections: 1, requests: TARGETS.length });
  await watching.settled(first.length);
  const prometheus = use(await PrometheusServer.start([{ port }]));
  await scraped(prometheus, `sum(${COUNT}${SERVER})`, first.length);
  return { appPort: app.port, prometheus };
}

/** The spans of the sources as some of the build: the same shape, to the compiler other classes. */
function grpcSpans(process: ProcessInfo): RequestSpan[] {
  const failed = { process, grpcStatus: 14 };
  const spans = [
    aGrpcSpan({ process }),
    aGrpcSpan(failed),
    aGrpcSpan({ process, kind: 'grpc.client', host: 'bank:50051' }),
    aGrpcSpan({ ...failed, kind: 'grpc.client', host: 'bank:50051' }),
  ];
  return spans as unknown as RequestSpan[];
}

/** A server and a client of it, both watched, with an increase of both between two scrapes, and of gRPC calls. */
async function serverAndClient(): Promise<{ prometheus: PrometheusServer }> {
  const app = use(await runNode());
  const client = use(await runNodeClient());
  const port = await freePort();
  const exporter = new PrometheusExporter({ host: '127.0.0.1', port });
  const { beyla } = use(await watch({ pids: [app.pid, client.pid], exporters: [exporter], routes: ROUTES }));
  const [process] = beyla.processes;
  const prometheus = use(await PrometheusServer.start([{ port }]));
  const clientCount = 'sum(http_client_request_duration_seconds_count)';
  for (const total of [20, 40]) {
    const done = client.line(/^DONE$/);
    client.write(`${app.port} 20\n`);
    if (process !== undefined) exporter.export(grpcSpans(process));
    await done;
    await scraped(prometheus, clientCount, total);
    await scraped(prometheus, `sum(${COUNT})`, total);
    await scraped(prometheus, 'sum(rpc_server_duration_seconds_count)', total / 10);
  }
  return { prometheus };
}

/** Resolves when Prometheus has this value; another at the end is the failure. */
function scraped(prometheus: PrometheusServer, promql: string, value: number): Promise<void> {
  return vi.waitFor(async () => expect(await prometheus.total(promql)).toBe(value), { timeout: 10_000, interval: 100 });
}

function quantile(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * fraction) - 1] ?? Number.NaN;
}

function seconds(record: TruthRecord): number {
  return (record.endNs - record.sendNs) / 1e9;
}

describe('Prometheus scrapes us', needsPrometheus, () => {
  it("its rate, error ratio and p99 by PromQL are those of the client's log", async () => {
    const { appPort, prometheus } = await scene();
    const log = await sendLoad({ port: appPort, targets: TARGETS, connections: 2, requests: 600 });
    await scraped(prometheus, `sum(${COUNT}${SERVER})`, TARGETS.length + log.length);
    const range = `[${WINDOW_SECONDS}s]`;

    const rate = await prometheus.total(`sum(rate(${COUNT}${SERVER}${range}))`);
    const perSecond = log.length / WINDOW_SECONDS;
    // rate() extrapolates beyond the first and the last sample, by up to 1.1 scrape intervals on each side.
    const samples = await prometheus.total(`min(count_over_time(${COUNT}${SERVER}${range}))`);
    const stretch = 1 + (2 * 1.1) / (samples - 1);
    expect(rate).toBeGreaterThanOrEqual(perSecond * 0.999);
    expect(rate).toBeLessThan(perSecond * stretch * 1.02);

    const failed = `sum(increase(${COUNT}{service_name="node-server",http_response_status_code=~"5.."}${range}))`;
    const [errors] = await prometheus.query(`${failed} / sum(increase(${COUNT}${SERVER}${range}))`);
    expect(errors?.value).toBeCloseTo(log.filter((record) => record.status >= 500).length / log.length, 3);

    const buckets = `http_server_request_duration_seconds_bucket${SERVER}${range}`;
    const [p99] = await prometheus.query(`histogram_quantile(0.99, sum by (le) (increase(${buckets})))`);
    const clients = quantile(log.map(seconds), 0.99);
    // As exact as buckets are: in the same one, which is 25 to 50 ms.
    expect(clients).toBeGreaterThan(LONG_MS / 1000);
    expect(clients).toBeLessThanOrEqual(0.05);
    expect(p99?.value).toBeGreaterThan(0.025);
    expect(p99?.value).toBeLessThanOrEqual(0.05);
  });

  it('its counters and buckets by route are those of the client, to the last request', async () => {
    const { appPort, prometheus } = await scene();
    const log = await sendLoad({ port: appPort, targets: TARGETS, connections: 3, requests: 200 });
    const all = TARGETS.length + log.length;
    await scraped(prometheus, `sum(${COUNT}${SERVER})`, all);
    const byRoute = await prometheus.query(`sum by (http_route) (${COUNT}${SERVER})`);
    const share = (prefix: string): number => (all * TARGETS.filter((target) => target.includes(prefix)).length) / 20;
    expect(Object.fromEntries(byRoute.map(({ labels, value }) => [labels['http_route'], value]))).toEqual({
      '/slow': share('/slow'),
      '/users/:id': share('/users'),
      '/echo': share('/echo'),
      '/status/:code': share('/status'),
    });
    const slow = '{http_route="/slow",le="0.025"}';
    expect(await prometheus.total(`sum(http_server_request_duration_seconds_bucket${slow})`)).toBe(0);
    const sizes = 'sum(http_server_request_body_size_bytes_sum{http_route="/echo"})';
    expect(await prometheus.total(sizes)).toBe(300 * share('/echo'));
  });

  it("the p99 of a native histogram is the client's, as exactly as its buckets are", async () => {
    const app = use(await runNode());
    const port = await freePort();
    const histogramAggregation = 'base2_exponential_bucket_histogram';
    const exporters = [new PrometheusExporter({ host: '127.0.0.1', port, histogramAggregation })];
    const watching = use(await watch({ pids: [app.pid], exporters, routes: ROUTES }));
    const prometheus = use(await PrometheusServer.start([{ port }]));
    const log = await sendLoad({ port: app.port, targets: TARGETS, connections: 2, requests: 400 });
    const spans = await watching.settled(log.length);
    const name = 'http_server_request_duration_seconds';
    await scraped(prometheus, `sum(histogram_count(${name}${SERVER}))`, log.length);
    // No explicit buckets were stored beside them.
    expect(await prometheus.query(`${name}_bucket`)).toEqual([]);
    for (const fraction of [0.5, 0.9, 0.99]) {
      const [found] = await prometheus.query(`histogram_quantile(${fraction}, sum(${name}${SERVER}))`);
      const ours = quantile(
        spans.map(({ startNs, endNs }) => (endNs - startNs) / 1e9),
        fraction,
      );
      // The scale fits itself to the range: 160 buckets over at most 16 powers of two are at least 8 for each.
      expect(found?.value).toBeGreaterThan(ours / 2 ** (1 / 8));
      expect(found?.value).toBeLessThan(ours * 2 ** (1 / 8));
    }
    const clients = quantile(log.map(seconds), 0.99);
    const [p99] = await prometheus.query(`histogram_quantile(0.99, sum(${name}${SERVER}))`);
    expect(p99?.value).toBeGreaterThan(LONG_MS / 1000 / 2 ** (1 / 8));
    expect(p99?.value).toBeLessThan(clients * 2 ** (1 / 8));
    const found = await prometheus.exemplars(`${name}{http_route="/slow"}`);
    expect(found.length).toBeGreaterThan(0);
    const traces = new Set(spans.map(({ traceId }) => traceId));
    expect(found.every(({ labels }) => traces.has(labels['trace_id'] ?? ''))).toBe(true);
  });

  it('over HTTPS with a password it gets exemplars whose traces are those of the spans', async () => {
    const app = use(await runNode());
    const port = await freePort();
    const { certFile, tls } = await selfSigned();
    const basicAuth = { username: 'prom', password: 'scraper' };
    const exporters = [new PrometheusExporter({ host: '127.0.0.1', port, tls, basicAuth })];
    const watching = use(await watch({ pids: [app.pid], exporters, routes: ROUTES }));
    const prometheus = use(await PrometheusServer.start([{ port, caFile: certFile, basicAuth }]));
    await sendLoad({ port: app.port, targets: TARGETS, connections: 1, requests: 40 });
    const spans = await watching.settled(40);
    await scraped(prometheus, `sum(${COUNT})`, 40);
    const query = 'http_server_request_duration_seconds_bucket{http_route="/slow"}';
    const found = await prometheus.exemplars(query);
    expect(found.length).toBeGreaterThan(0);
    const slow = new Map(
      spans.filter((span) => isHttpSpan(span) && span.route === '/slow').map((span) => [span.traceId, span]),
    );
    for (const { labels, value } of found) {
      const span = slow.get(labels['trace_id'] ?? '');
      expect(span?.spanId).toBe(labels['span_id']);
      expect(Number(value)).toBe(span && (span.endNs - span.startNs) / 1e9);
    }
    expect(exporters[0]?.stats()).toMatchObject({ refused_scrapes: 0 });
  });

  it('span metrics, the service graph and the internal metrics count each request once', async () => {
    const app = use(await runNode());
    const port = await freePort();
    const features = ['application_span', 'application_span_otel', 'application_service_graph'] as const;
    const exporters = [
      new PrometheusExporter({ host: '127.0.0.1', port, features, internalPath: '/internal/metrics' }),
    ];
    use(await watch({ pids: [app.pid], exporters, routes: ROUTES, tracer: { statistics: true } }));
    const prometheus = use(await PrometheusServer.start([{ port }, { port, path: '/internal/metrics' }]));
    const log = await sendLoad({ port: app.port, targets: TARGETS, connections: 2, requests: 100 });
    await scraped(prometheus, 'beyla_pipeline_spans_out_total', log.length);
    expect(await prometheus.total('sum(beyla_dropped_requests_total)')).toBe(0);
    expect(await prometheus.total('beyla_instrumented_processes{process_name="node"}')).toBe(1);
    expect(await prometheus.total('beyla_interpreter_stats{name="spans"}')).toBe(log.length);
    expect(await prometheus.total('beyla_stage_out_total{stage="interpreter"}')).toBe(log.length);
    expect(await prometheus.total('beyla_stage_out_total{stage="exporter prometheus"}')).toBe(log.length);
    expect(await prometheus.total('sum(beyla_stage_dropped_total)')).toBe(0);
    expect(await prometheus.total('sum(beyla_bpf_probe_executions_total)')).toBeGreaterThan(log.length);
    expect(await prometheus.total('sum(beyla_bpf_probe_latency_seconds_total)')).toBeGreaterThan(0);
    expect(await prometheus.total('beyla_bpf_map_max_entries{map_name="connections"}')).toBe(4096);
    expect(await prometheus.total('beyla_bpf_map_entries{map_name="ports"}')).toBe(1);
    expect(await prometheus.total('beyla_bpf_ring_size_bytes{map_name="ring"}')).toBe(4 << 20);
    await scraped(prometheus, 'sum(traces_span_metrics_calls_total)', log.length);
    const errors = log.filter(({ status }) => status >= 500).length;
    const failed = '{span_name="GET /status/:code",status_code="STATUS_CODE_ERROR",service_name="node-server"}';
    expect(await prometheus.total(`traces_spanmetrics_calls_total${failed}`)).toBe(errors);
    expect(await prometheus.total('sum(traces_span_metrics_duration_seconds_count)')).toBe(log.length);
    expect(await prometheus.total('sum(traces_spanmetrics_latency_count)')).toBe(log.length);
    const edge = '{client="127.0.0.1",server="node-server"}';
    expect(await prometheus.total(`traces_service_graph_request_total${edge}`)).toBe(log.length);
    expect(await prometheus.total(`traces_service_graph_request_failed_total${edge}`)).toBe(errors);
    expect(await prometheus.total(`traces_service_graph_request_server_seconds_count${edge}`)).toBe(log.length);
    expect(await prometheus.total(COUNT)).toBe(0);
  });

  it('every query of our Grafana dashboard returns data', async () => {
    const { prometheus } = await serverAndClient();
    const text = readFileSync(new URL('../../examples/grafana/red-dashboard.json', import.meta.url), 'utf8');
    const { panels } = JSON.parse(text) as { panels: { title: string; targets?: { expr: string }[] }[] };
    const queries = panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(10);
    for (const query of queries) {
      const promql = query.replaceAll('$__rate_interval', '10s').replaceAll('$service', '.*');
      const results = await prometheus.query(promql);
      expect(results.length, promql).toBeGreaterThan(0);
      for (const { value } of results) expect(value, promql).toBeGreaterThanOrEqual(0);
    }
  });

  it("queries of the kind of Grafana's public RED dashboard return data, for servers and clients", async () => {
    const { prometheus } = await serverAndClient();
    const queries = [
      'sum by (service_name) (rate(http_server_request_duration_seconds_count[10s]))',
      'sum by (service_name) (rate(http_client_request_duration_seconds_count[10s]))',
      'histogram_quantile(0.95, sum by (le, service_name) (rate(http_server_request_duration_seconds_bucket[10s])))',
      'histogram_quantile(0.95, sum by (le, service_name) (rate(http_client_request_duration_seconds_bucket[10s])))',
      'topk(5, histogram_quantile(0.95, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket[10s]))))',
      'sum by (service_name, http_route) (rate(http_server_request_duration_seconds_sum[10s]))',
      'sum by (service_name) (rate(http_client_request_duration_seconds_count{http_response_status_code=~"4.."}[10s]))',
      'sum by (service_name) (rate(http_server_request_duration_seconds_count{http_response_status_code!~"5.."}[10s]))',
      'sum by (service_name) (rate(http_server_response_body_size_bytes_sum[10s]))',
      'sum by (service_name) (rate(rpc_server_duration_seconds_count[10s]))',
      'sum by (service_name) (rate(rpc_client_duration_seconds_count[10s]))',
      'histogram_quantile(0.95, sum by (le, service_name) (rate(rpc_server_duration_seconds_bucket[10s])))',
      'histogram_quantile(0.95, sum by (le, service_name) (rate(rpc_client_duration_seconds_bucket[10s])))',
      'topk(5, histogram_quantile(0.95, sum by (le, rpc_method) (rate(rpc_server_duration_seconds_bucket[10s]))))',
      'sum by (service_name, rpc_method) (rate(rpc_server_duration_seconds_sum[10s]))',
      'sum by (service_name) (rate(rpc_server_duration_seconds_count{rpc_grpc_status_code=~"2|4|12|13|14|15"}[10s]))',
      'sum by (service_name) (rate(rpc_client_duration_seconds_count{rpc_grpc_status_code!="0"}[10s]))',
    ];
    for (const promql of queries) {
      const results = await prometheus.query(promql);
      expect(results.length, promql).toBeGreaterThan(0);
      for (const { value } of results) expect(value, promql).toBeGreaterThanOrEqual(0);
    }
    const services = await prometheus.query(
      'sum by (service_name) (rate(http_client_request_duration_seconds_count[10s]))',
    );
    expect(services.map(({ labels }) => labels['service_name'])).toEqual(['node-client']);
  });

  it('and takes the whole page, whatever a process says of itself and whatever of it is on every series', async () => {
    const attributes = '__name__=x,job=mine,instance=i,le=5,a.b=1,a_b=2,service.version=3';
    const env = { OTEL_SERVICE_NAME: 's'.repeat(100_000), OTEL_RESOURCE_ATTRIBUTES: attributes };
    const [app, other] = [use(await runNode([], { env })), use(await runNode())];
    const port = await freePort();
    const wanted = ['service.name', 'job', 'instance', 'le', 'a.b', 'a_b', 'service.version', '__name__'];
    const exporter = new PrometheusExporter({
      host: '127.0.0.1',
      port,
      features: ['application', 'application_span'],
      spanResourceAttributes: wanted,
    });
    const watching = use(await watch({ pids: [app.pid, other.pid], exporters: [exporter] }));
    const load = { targets: ['GET /status/200'], connections: 1, requests: 5 };
    const log = [await sendLoad({ ...load, port: app.port }), await sendLoad({ ...load, port: other.port })].flat();
    await watching.settled(log.length);

    const accept = 'text/plain;version=0.0.4';
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } })).text();
    parseTextFormat(page);
    expect(page.length).toBeLessThan(200_000);
    const promtool = join(dirname(await fetchPrometheus()), 'promtool');
    // It blames names, too, which are not its business here: what cannot be read is an error of its own.
    const { stderr } = spawnSync(promtool, ['check', 'metrics'], { input: page, encoding: 'utf8' });
    expect(stderr).not.toMatch(/error while linting|parsing error/);

    const prometheus = use(await PrometheusServer.start([{ port }]));
    await scraped(prometheus, 'sum(traces_spanmetrics_calls_total)', log.length);
    await scraped(prometheus, 'sum(traces_spanmetrics_calls_total{service_name="node-server"})', load.requests);
    const [named] = await prometheus.query('traces_spanmetrics_calls_total{service_version="3"}');
    expect(named?.labels).toMatchObject({ exported_job: 'mine', exported_le: '5', a_b: '1;2' });
    expect(named?.labels['service_name']).toBe('s'.repeat(255));
  });
});

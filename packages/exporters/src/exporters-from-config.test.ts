import { type Exporter, loadConfig, type RequestSpan, wantedExporters } from '@beyla/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OtlpSink } from '../../../test/support/otlp-sink.ts';
import { aGrpcSpan, aSpan } from '../../core/src/testing/span.ts';
import { exportersFromConfig } from './exporters-from-config.ts';
import { PrometheusExporter } from './prometheus/prometheus-exporter.ts';
import { VERSION } from './version.ts';

async function exporters(text: string, env: Record<string, string> = {}): Promise<readonly Exporter[]> {
  return exportersFromConfig(await loadConfig(`open_port: 80\n${text}\n`, env));
}

async function run(wanted: readonly Exporter[], spans: readonly RequestSpan[]): Promise<void> {
  for (const exporter of wanted) await exporter.start();
  for (const exporter of wanted) exporter.export(spans);
  for (const exporter of wanted) await exporter.close();
}

describe('exportersFromConfig()', () => {
  it('sends traces and metrics to the endpoint of the configuration, with its headers', async () => {
    const sink = new OtlpSink();
    await sink.start();
    onTestFinished(() => sink.close());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=blue%20one' };
    const wanted = await exporters('', env);
    expect(wanted.map(({ name }) => name)).toEqual(['otlp-traces', 'otlp-metrics']);
    await run(wanted, [aSpan()]);
    expect(sink.requests.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces']);
    for (const { headers } of sink.requests) expect(headers['x-tenant']).toBe('blue one');
  });

  it('serves metrics with the buckets and attributes of the configuration', async () => {
    const text =
      'prometheus_export: { port: PORT, path: /page, report_target: true, buckets: { duration_histogram: [0.5] } }';
    const port = await freePort();
    const [exporter] = await exporters(text.replace('PORT', String(port)));
    if (!(exporter instanceof PrometheusExporter)) throw new Error('expected a PrometheusExporter');
    await exporter.start();
    try {
      exporter.export([aSpan({ path: '/users/7' })]);
      const page = await (await fetch(`http://127.0.0.1:${port}/page`)).text();
      expect(page).toMatch(/http_server_request_duration_seconds_bucket\{[^}]*url_path="\/users\/7"[^}]*le="0.5"\} 1/);
      expect(page.match(/http_server_request_duration_seconds_bucket/g)).toHaveLength(2);
    } finally {
      await exporter.close();
    }
  });

  it('exports only the protocols and features that its section names', async () => {
    const sink = new OtlpSink();
    await sink.start();
    onTestFinished(() => sink.close());
    const text = `
otel_traces_export: { endpoint: "${sink.endpoint}", instrumentations: [grpc, sql] }
otel_metrics_export:
  endpoint: "${sink.endpoint}"
  instrumentations: [http]
  features: [application_span_otel]
  extra_span_resource_attributes: [process.pid, no.such]
attributes: { sensitive_query_params: { add: [color], remove: [token] } }`;
    await run(await exporters(text), [aSpan({ query: 'color=red&token=1' }), aGrpcSpan()]);
    expect(sink.spans.map(({ name }) => name)).toEqual(['shop.Cart/Add']);
    expect(sink.points.map(({ metric }) => metric)).toEqual(['traces.span.metrics.duration']);
    expect(sink.points[0]?.attributes).toMatchObject({ 'span.name': 'GET', 'process.pid': 42 });
  });

  it('redacts the query parameters of the configuration', async () => {
    const sink = new OtlpSink();
    await sink.start();
    onTestFinished(() => sink.close());
    const text = `
otel_traces_export: { endpoint: "${sink.endpoint}" }
attributes: { sensitive_query_params: { add: [color], remove: [token] } }`;
    await run(await exporters(text), [aSpan({ query: 'color=red&token=1&sid=2' })]);
    expect(sink.spans[0]?.attributes['url.query']).toBe('color=REDACTED&token=1&sid=REDACTED');
  });

  it('makes exporters of internal metrics: on a port of their own or on that of the others, or by OTLP', async () => {
    const own = 'internal_metrics: { prometheus: { port: 9 } }';
    expect((await exporters(`prometheus_export: { port: 8 }\n${own}`)).map(({ name }) => name)).toEqual([
      'prometheus',
      'internal-metrics',
    ]);
    expect(await exporters(`prometheus_export: { port: 9 }\n${own}`)).toHaveLength(1);
    const otel = 'internal_metrics: { exporter: otel }';
    const endpoint = 'otel_metrics_export: { endpoint: "http://otel:4318" }';
    expect((await exporters(`${endpoint}\n${otel}`)).map(({ name }) => name)).toContain('otlp-internal-metrics');
    await expect(exporters(`print_traces: true\n${otel}`)).rejects.toThrow(
      /no place to send them to\. Set `otel_metrics_export/,
    );
  });

  it.each([
    ['print_traces: true', 'console'],
    ['trace_printer: json', 'console'],
    ['trace_printer: json_indent', 'console'],
    ['trace_printer: counter', 'console'],
    [
      'otel_traces_export: { endpoint: "http://127.0.0.1:4317", insecure_skip_verify: true, batch_max_size: 7, queue_size: 14 }',
      'otlp-traces',
    ],
    ['otel_traces_export: { protocol: debug }', 'otlp-traces'],
    ['otel_metrics_export: { endpoint: "unix:///run/otel.sock", features: [application] }', 'otlp-metrics'],
  ])('makes an exporter of %s', async (text, name) => {
    expect((await exporters(text)).map((exporter) => exporter.name)).toEqual([name]);
  });

  it('makes a health check beside the others: on a port, or on a socket, which wins', async () => {
    const text = 'print_traces: true\nhealth_check: { port: 8081';
    expect(wantedExporters(await loadConfig(`open_port: 80\n${text} }`, {}))[1]).toEqual({
      kind: 'health-check',
      host: '127.0.0.1',
      port: 8081,
    });
    const made = await exporters(`${text}, unix_socket_path: "@beyla" }`);
    expect(made.map(({ name }) => name)).toEqual(['console', 'health-check']);
    expect(made[1]?.debugInfo()).toMatchObject({ place: '@beyla' });
    await expect(exporters('health_check: { port: 8081 }')).rejects.toThrow('nothing is exported');
  });

  it('leaves beyla_build_info out where the configuration says so', async () => {
    for (const isDisabled of [false, true]) {
      const port = await freePort();
      const [exporter] = await exporters(`prometheus_export: { port: ${port}, disable_build_info: ${isDisabled} }`);
      if (!(exporter instanceof PrometheusExporter)) throw new Error('expected a PrometheusExporter');
      await exporter.start();
      try {
        exporter.export([aSpan()]);
        const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const lines = page.split('\n').filter((line) => line.startsWith('beyla_build_info'));
        expect(lines).toEqual(isDisabled ? [] : [`beyla_build_info{version="${VERSION}",target_lang="nodejs"} 1`]);
      } finally {
        await exporter.close();
      }
    }
  });
});

/** A port that nobody has at the moment: 0 means "none" in a configuration. */
async function freePort(): Promise<number> {
  await using probe = new PrometheusExporter({ host: '127.0.0.1', port: 0 });
  await probe.start();
  return probe.port as number;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTextFormat } from '../../../../test/support/prometheus-text.ts';
import { aProcess, aSpan } from '../../../core/src/testing/span.ts';
import { RedMetrics } from '../red-metrics.ts';
import { prometheusName } from './metric-families.ts';
import { TextFormat } from './text-format.ts';

describe('prometheusName()', () => {
  it('spells the unit out', () => {
    expect(prometheusName('http.server.request.duration', 's')).toBe('http_server_request_duration_seconds');
    expect(prometheusName('http.client.response.body.size', 'By')).toBe('http_client_response_body_size_bytes');
    expect(prometheusName('traces_spanmetrics_latency', '')).toBe('traces_spanmetrics_latency');
  });
});

function pageOf(metrics: RedMetrics): string {
  return [...new TextFormat().write(metrics.services())].join('');
}

describe('TextFormat', () => {
  it('writes a page as Prometheus documents it', () => {
    const process = aProcess({
      service: { name: 'shop', namespace: 'prod', instanceId: 'h:42' },
      resource: { 'host.name': 'node-1' },
    });
    const metrics = new RedMetrics();
    const span = aSpan({ process, route: '/a', requestBodySize: undefined, responseBodySize: undefined });
    metrics.record([{ ...span, endNs: span.startNs + 250_000_000 }]);
    const labels =
      'http_request_method="GET",url_scheme="http",http_response_status_code="200",http_route="/a",server_address="node-1",' +
      'server_port="8080",service_name="shop",service_namespace="prod",instance="h:42",job="prod/shop"';
    const name = 'http_server_request_duration_seconds';
    const bucket = (le: string, count: number): string => `${name}_bucket{${labels},le="${le}"} ${count}`;
    expect(pageOf(metrics).split('\n').slice(3)).toEqual([
      `# HELP ${name} Duration of HTTP server requests.`,
      `# TYPE ${name} histogram`,
      ...['0.005', '0.01', '0.025', '0.05', '0.075', '0.1'].map((le) => bucket(le, 0)),
      ...['0.25', '0.5', '0.75', '1', '2.5', '5', '7.5', '10', '+Inf'].map((le) => bucket(le, 1)),
      `${name}_sum{${labels}} 0.25`,
      `${name}_count{${labels}} 1`,
      '',
    ]);
  });

  it('writes OpenMetrics as its specification has it: units, an info, exemplars and an end', () => {
    const process = aProcess({ resource: { 'host.name': 'node-1' } });
    const metrics = new RedMetrics({ now: () => 1_500, buckets: { durationHistogram: [0.1, 1] } });
    const span = aSpan({ process, requestBodySize: undefined, responseBodySize: undefined });
    metrics.record([{ ...span, endNs: span.startNs + 250_000_000 }]);
    const labels =
      'http_request_method="GET",url_scheme="http",http_response_status_code="200",server_address="node-1",' +
      'server_port="8080",service_name="shop",instance="testhost:42",job="shop"';
    const name = 'http_server_request_duration_seconds';
    const [type, help, info, ...rest] = [...new TextFormat().write(metrics.services(), 'openmetrics')]
      .join('')
      .split('\n');
    expect([type, help]).toEqual(['# TYPE target info', '# HELP target What is known of each observed process.']);
    expect(info).toMatch(/^target_info\{.*\} 1$/);
    expect(rest).toEqual([
      `# TYPE ${name} histogram`,
      `# UNIT ${name} seconds`,
      `# HELP ${name} Duration of HTTP server requests.`,
      `${name}_bucket{${labels},le="0.1"} 0`,
      `${name}_bucket{${labels},le="1.0"} 1 # {trace_id="${span.traceId}",span_id="${span.spanId}"} 0.25 1.5`,
      `${name}_bucket{${labels},le="+Inf"} 1`,
      `${name}_sum{${labels}} 0.25`,
      `${name}_count{${labels}} 1`,
      '# EOF',
      '',
    ]);
  });

  it('has the suffix of counters in the name of the family only where the format wants it', () => {
    const metrics = new RedMetrics({ features: ['application_span'] });
    metrics.record([aSpan()]);
    const typeLines = (format: 'text' | 'openmetrics'): string[] =>
      [...new TextFormat().write(metrics.services(), format)].join('').match(/^# TYPE .*calls.*$/gm) ?? [];
    expect(typeLines('text')).toEqual(['# TYPE traces_spanmetrics_calls_total counter']);
    expect(typeLines('openmetrics')).toEqual(['# TYPE traces_spanmetrics_calls counter']);
  });

  it('ends an OpenMetrics page that has nothing, too', () => {
    expect([...new TextFormat().write([], 'openmetrics')]).toEqual(['# EOF\n']);
    expect([...new TextFormat().write([])]).toEqual([]);
  });

  it('comes in pieces that together are one valid page, each metric in one place', () => {
    const metrics = new RedMetrics();
    for (let pid = 1; pid <= 3; pid += 1) {
      const process = aProcess({ pid, service: { name: 'shop', namespace: '', instanceId: `h:${pid}` } });
      for (let i = 0; i < 50; i += 1) metrics.record([aSpan({ process, route: `/${i}` })]);
    }
    const pieces = [...new TextFormat().write(metrics.services())];
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(80_000);
    const { samples } = parseTextFormat(pieces.join(''));
    expect(samples.filter((one) => one.name === 'http_server_request_duration_seconds_count')).toHaveLength(150);
  });

  it('has a target_info for each running process', () => {
    const metrics = new RedMetrics();
    const ended = aProcess({ pid: 1, service: { name: 'gone', namespace: '', instanceId: 'h:1' } });
    metrics.processStarted(aProcess({ resource: { 'k8s.pod.name': 'shop-0' } }));
    metrics.record([aSpan({ process: ended })]);
    metrics.processEnded(ended);
    const infos = parseTextFormat(pageOf(metrics)).samples.filter((sample) => sample.name === 'target_info');
    expect(infos).toMatchObject([
      { labels: { service_name: 'shop', instance: 'testhost:42', job: 'shop', k8s_pod_name: 'shop-0' }, value: 1 },
    ]);
  });

  it('stays readable whatever names, routes and hosts are', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, text, (route, host, serviceName) => {
        const metrics = new RedMetrics();
        const process = aProcess({
          service: { name: serviceName, namespace: '', instanceId: 'a"\\\n' },
          resource: { [`1.${host}`]: route, 'a.b': '1', a_b: '2' },
        });
        metrics.record([aSpan({ process, kind: 'http.client', route, host })]);
        const { samples } = parseTextFormat(pageOf(metrics));
        const count = samples.find((sample) => sample.name === 'http_client_request_duration_seconds_count');
        expect(count?.labels).toMatchObject({ http_route: route, service_name: serviceName, instance: 'a"\\\n' });
      }),
    );
  });
});

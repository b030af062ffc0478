import type { InternalSource } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { parseTextFormat } from '../../../../test/support/prometheus-text.ts';
import { aProcess } from '../../../core/src/testing/span.ts';
import { InternalMetricsExporter } from './internal-metrics-exporter.ts';
import { PrometheusExporter } from './prometheus-exporter.ts';

const pipeline = { spansIn: 1, spansOut: 1, processorErrors: 0, exporterErrors: 0, dropped: {}, exporters: {} };
const SOURCE: InternalSource = {
  stats: () => ({ source: {}, cost: undefined, interpreter: {}, discovery: {}, pipeline, drops: {} }),
  processes: [aProcess()],
};

describe('InternalMetricsExporter', () => {
  it('serves a page on a port of its own once it is told of a source', async () => {
    await using exporter = new InternalMetricsExporter({ host: '127.0.0.1', port: 0, path: '/own' });
    await exporter.start();
    const url = `http://127.0.0.1:${exporter.port}/own`;
    expect((await fetch(url)).status).toBe(404);
    exporter.observe(SOURCE);
    const { samples } = parseTextFormat(await (await fetch(url)).text());
    expect(samples).toContainEqual({
      name: 'beyla_instrumented_processes',
      labels: { process_name: 'node' },
      value: 1,
    });
    expect(samples.at(-1)).toMatchObject({ name: 'beyla_prometheus_http_requests_total', value: 1 });
    expect(exporter.stats()).toMatchObject({ scrapes: 1 });
    expect(exporter.health()).toEqual({ status: 'healthy', messages: [] });
  });

  it('is not needed where a PrometheusExporter has a path for it', async () => {
    await using exporter = new PrometheusExporter({ host: '127.0.0.1', port: 0, internalPath: '/own' });
    await using without = new PrometheusExporter({ host: '127.0.0.1', port: 0 });
    for (const one of [exporter, without]) {
      one.observe(SOURCE);
      await one.start();
    }
    expect((await fetch(`http://127.0.0.1:${exporter.port}/own`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${without.port}/internal/metrics`)).status).toBe(404);
  });
});

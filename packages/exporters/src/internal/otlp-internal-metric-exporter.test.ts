import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { InternalSource } from '@beyla/core';
import { afterEach, describe, expect, it } from 'vitest';
import { aProcess } from '../../../core/src/testing/span.ts';
import { OtlpInternalMetricExporter } from './otlp-internal-metric-exporter.ts';

const pipeline = { spansIn: 3, spansOut: 2, processorErrors: 0, exporterErrors: 0, dropped: {}, exporters: {} };
const SOURCE: InternalSource = {
  stats: () => ({ source: {}, cost: undefined, interpreter: {}, discovery: {}, pipeline, drops: { lost: 4 } }),
  processes: [aProcess()],
};

const server = createServer();

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('OtlpInternalMetricExporter', () => {
  it('sends counters and gauges of a service `beyla`, and counts what failed by its kind', async () => {
    const bodies: unknown[] = [];
    let status = 200;
    server.on('request', (request, response) => {
      json(request).then((body) => {
        bodies.push(body);
        response.writeHead(status).end('{}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using exporter = new OtlpInternalMetricExporter({ endpoint, protocol: 'http/json' });
    await exporter.start();
    await exporter.flush();
    expect(bodies).toEqual([]);
    exporter.observe(SOURCE);
    await exporter.flush();
    const [body] = bodies as {
      resourceMetrics: { resource: unknown; scopeMetrics: { metrics: { name: string }[] }[] }[];
    }[];
    const { resource, scopeMetrics } = body?.resourceMetrics[0] ?? { scopeMetrics: [] };
    expect(resource).toMatchObject({
      attributes: expect.arrayContaining([{ key: 'service.name', value: { stringValue: 'beyla' } }]),
    });
    const metrics = new Map(scopeMetrics[0]?.metrics.map((metric) => [metric.name, metric]));
    expect(metrics.get('beyla.dropped.requests')).toMatchObject({
      sum: {
        isMonotonic: true,
        aggregationTemporality: 2,
        dataPoints: [{ attributes: [{ key: 'reason', value: { stringValue: 'lost' } }], asDouble: 4 }],
      },
    });
    expect(metrics.get('beyla.instrumented.processes')).toMatchObject({ gauge: { dataPoints: [{ asDouble: 1 }] } });
    status = 400;
    await exporter.flush();
    expect(exporter.stats()).toEqual({ exports: 2, retries: 0, 'failed.http_400': 1 });
    expect(exporter.health().status).toBe('degraded');
  });
});

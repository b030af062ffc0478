import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../options/resolve-options.ts';
import { type BeylaConfig, loadConfig } from './load-config.ts';
import { toBeylaOptions } from './to-beyla-options.ts';
import { wantedExporters } from './wanted-exporters.ts';

function tutorial(name: string, env: Record<string, string> = {}): Promise<BeylaConfig> {
  return loadConfig(fileURLToPath(new URL(`../testing/tutorials/${name}`, import.meta.url)), env);
}

const METRICS = {
  ttlMs: 300_000,
  buckets: {},
  select: {},
  features: ['application'],
  spanNamesLimit: 100,
  allowServiceGraphSelfReferences: false,
};
const NATIVE = {
  histogramAggregation: 'base2_exponential_bucket_histogram',
  exponentialHistogram: { maxSize: 100, maxScale: 3 },
};
const EXPLICIT = {
  histogramAggregation: 'explicit_bucket_histogram',
  exponentialHistogram: { maxSize: 160, maxScale: 20 },
};
const OTLP = { protocol: 'http/protobuf', headers: {}, insecureSkipVerify: false };

describe('configurations of tutorials', () => {
  it('select by executable_name and open_port, ANDed, and name the service', async () => {
    const config = await tutorial('first-steps.yml');
    expect(config.warnings).toEqual([]);
    const { discovery } = resolveOptions(toBeylaOptions(config));
    expect(discovery.instrument).toEqual([{ exePathRegexp: 'goblog', openPorts: '8443', namespace: 'blog' }]);
    expect(wantedExporters(config)).toEqual([
      { kind: 'console', format: 'text' },
      {
        kind: 'prometheus',
        port: 8999,
        path: '/internal/metrics',
        buildInfo: true,
        ...METRICS,
        ...NATIVE,
        exemplarFilter: 'trace_based',
      },
    ]);
  });

  it('select by discovery.services, each entry with its names', async () => {
    const config = await tutorial('services.yml', { COLLECTOR_HOST: 'otel' });
    expect(config.warnings).toEqual([]);
    const { discovery, routes } = resolveOptions(toBeylaOptions(config));
    expect(discovery.instrument).toEqual([
      { exePathRegexp: '(backend|frontend)', openPorts: '8080-8089,9090', namespace: 'my-app' },
      { name: 'worker', namespace: 'my-app', exePathRegexp: 'worker$' },
      { openPorts: '443' },
    ]);
    expect(discovery.pollIntervalMs).toBe(2000);
    expect(routes).toMatchObject({
      patterns: ['/user/:id', '/products/{id}/parts/*'],
      ignoredPatterns: ['/health'],
      ignoreMode: 'traces',
      unmatched: 'path',
    });
    expect(wantedExporters(config)).toEqual([
      { kind: 'otlp-traces', endpoint: 'http://otel:4318', queue: {}, ...OTLP },
      {
        kind: 'otlp-metrics',
        url: 'http://otel:4318/v1/metrics',
        intervalMs: 30_000,
        ...OTLP,
        ...METRICS,
        ...EXPLICIT,
        buckets: { durationHistogram: [0, 0.1, 1, 10] },
      },
    ]);
  });

  it('load the ConfigMap, with its routes and the internal metrics on the port of the others', async () => {
    const config = await tutorial('config-map.yml');
    expect(resolveOptions(toBeylaOptions(config)).discovery.instrument).toEqual([{ openPorts: '80-8999' }]);
    expect(toBeylaOptions(config).routes).toMatchObject({ ignoredPatterns: ['/healthz'], unmatched: 'heuristic' });
    expect(config.log_level).toBe('DEBUG');
    expect(wantedExporters(config).map(({ kind }) => kind)).toEqual(['console', 'otlp-traces', 'prometheus']);
    expect(wantedExporters(config)[2]).toMatchObject({
      port: 9400,
      internalPath: '/internal/metrics',
      select: { '*': {}, '**': { include: ['url.path', 'client.address', 'server.address', 'server.port'] } },
    });
    expect(toBeylaOptions(config).tracer).toEqual({ statistics: true });
    expect(config.warnings).toEqual([]);
  });

  it('append executable_name and open_port to discovery.services as one more entry', async () => {
    const config = await tutorial('services.yml', { BEYLA_OPEN_PORT: '9999', OTEL_SERVICE_NAME: 'extra' });
    expect(toBeylaOptions(config).discovery.instrument.at(-1)).toEqual({ openPorts: '9999', name: 'extra' });
    expect(toBeylaOptions(config).discovery.instrument).toHaveLength(4);
  });
});

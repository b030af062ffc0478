import { hostname } from 'node:os';
import { AggregationTemporality, DataPointType, MetricReader } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { aGrpcSpan, aProcess, aSpan } from '../../core/src/testing/span.ts';
import { metricAttributes } from './attributes.ts';
import { DURATION_BOUNDARIES, SIZE_BOUNDARIES } from './buckets.ts';
import { RedMetrics } from './red-metrics.ts';
import type { RedMetricsOptions } from './red-metrics-options.ts';
import type { ServiceMetrics } from './service-metrics.ts';

const MS = 1_000_000;

function only(metrics: RedMetrics): ServiceMetrics {
  const services = metrics.services();
  expect(services).toHaveLength(1);
  return services[0] as ServiceMetrics;
}

async function pointsOf(
  service: ServiceMetrics,
  name: string,
): Promise<{ attributes: object; value: { count: number; sum: number } }[]> {
  const { resourceMetrics } = await service.collect();
  const metric = resourceMetrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .find((one) => one.descriptor.name === name);
  return (metric?.dataPoints ?? []) as never;
}

function lasting(ms: number, fields: Parameters<typeof aSpan>[0] = {}): ReturnType<typeof aSpan> {
  const span = aSpan(fields);
  return { ...span, endNs: span.startNs + ms * MS };
}

describe('RedMetrics', () => {
  it('counts durations in seconds by route, method and status', async () => {
    const metrics = new RedMetrics();
    metrics.record([
      lasting(10, { route: '/a' }),
      lasting(30, { route: '/a' }),
      lasting(7, { route: '/a', statusCode: 500 }),
      lasting(2, { route: '/b', method: 'POST' }),
    ]);
    const points = await pointsOf(only(metrics), 'http.server.request.duration');
    expect(points.map(({ attributes, value }) => ({ attributes, count: value.count }))).toEqual([
      { count: 2, attributes: expect.objectContaining({ 'http.route': '/a', 'http.response.status_code': 200 }) },
      { count: 1, attributes: expect.objectContaining({ 'http.route': '/a', 'error.type': '500' }) },
      { count: 1, attributes: expect.objectContaining({ 'http.route': '/b', 'http.request.method': 'POST' }) },
    ]);
    expect(points[0]?.value.sum).toBeCloseTo(0.04, 12);
  });

  it('has exponential histograms of all its metrics for any reader, if so asked', async () => {
    const metrics = new RedMetrics({
      histogramAggregation: 'base2_exponential_bucket_histogram',
      features: ['application', 'application_span', 'application_service_graph'],
    });
    metrics.record([lasting(1000, { requestBodySize: 0 }), lasting(4000, { requestBodySize: 8 })]);
    const { resourceMetrics } = await only(metrics).collect();
    const histograms = (resourceMetrics.scopeMetrics[0]?.metrics ?? []).filter(
      ({ dataPointType }) => dataPointType !== DataPointType.SUM,
    );
    expect(histograms.map(({ dataPointType }) => dataPointType)).toEqual(
      Array.from({ length: 5 }, () => DataPointType.EXPONENTIAL_HISTOGRAM),
    );
    const negative = { offset: 0, bucketCounts: [] };
    const bytes = histograms.find(({ descriptor }) => descriptor.name === 'http.server.request.body.size');
    expect(bytes?.dataPoints[0]?.value).toEqual({
      count: 2,
      sum: 8,
      min: 0,
      max: 8,
      scale: 20,
      zeroCount: 1,
      positive: { offset: 3 * 2 ** 20 - 1, bucketCounts: [1] },
      negative,
    });
  });

  it.each([
    [{ histogramAggregation: 'linear' as never }, /linear/],
    [{ exponentialHistogram: { maxSize: 1 } }, /maxSize/],
    [{ exponentialHistogram: { maxScale: 21 } }, /maxScale/],
  ])('refuses %j', (options, message) => {
    expect(() => new RedMetrics(options)).toThrow(message);
  });

  it('makes of a service the metrics that its selector wants', () => {
    const metrics = new RedMetrics({ features: ['application_span'] });
    const names = (process: Parameters<typeof aProcess>[0]): string[] => {
      const span = aSpan({ process: aProcess(process) });
      metrics.record([span]);
      const service = metrics.services().find((one) => one.process === span.process);
      return service?.snapshot().map(({ name }) => name) ?? [];
    };
    expect(names({ service: { name: 'a', namespace: '', instanceId: 'a' } })).toContain('traces_spanmetrics_calls');
    const own = {
      service: { name: 'b', namespace: '', instanceId: 'b' },
      metrics: { features: ['application'] },
    } as const;
    expect(names(own)).toContain('http.server.request.duration');
    expect(names(own)).not.toContain('traces_spanmetrics_calls');
    expect(names({ service: { name: 'c', namespace: '', instanceId: 'c' }, metrics: { features: [] } })).toEqual([]);
  });

  it('has the six metrics of the conventions with unit and boundaries', async () => {
    const metrics = new RedMetrics();
    metrics.record([aSpan({ requestBodySize: 40 }), aSpan({ kind: 'http.client', requestBodySize: 40 })]);
    const { resourceMetrics } = await only(metrics).collect();
    const found = resourceMetrics.scopeMetrics[0]?.metrics.map((metric) => {
      expect(metric).toMatchObject({
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: DataPointType.HISTOGRAM,
      });
      const value = metric.dataPoints[0]?.value as { buckets: { boundaries: number[] } };
      return [metric.descriptor.name, metric.descriptor.unit, value.buckets.boundaries];
    });
    expect(found).toEqual([
      ['http.server.request.duration', 's', DURATION_BOUNDARIES],
      ['http.server.request.body.size', 'By', SIZE_BOUNDARIES],
      ['http.server.response.body.size', 'By', SIZE_BOUNDARIES],
      ['http.client.request.duration', 's', DURATION_BOUNDARIES],
      ['http.client.request.body.size', 'By', SIZE_BOUNDARIES],
      ['http.client.response.body.size', 'By', SIZE_BOUNDARIES],
    ]);
  });

  it('counts gRPC calls in seconds by method and status, of servers and of clients', async () => {
    const metrics = new RedMetrics();
    metrics.record([
      aGrpcSpan(),
      aGrpcSpan({ grpcStatus: 5 }),
      aGrpcSpan({ grpcStatus: 13 }),
      aGrpcSpan({ grpcStatus: 13 }),
      aGrpcSpan({ path: '/shop.Cart/Drop', method: 'Drop' }),
      aGrpcSpan({ grpcStatus: undefined, httpStatusCode: undefined, errorType: 'connection_closed' }),
      aGrpcSpan({ grpcStatus: 100_000 }),
      aGrpcSpan({ kind: 'grpc.client', host: 'bank:50051', grpcStatus: 5 }),
    ]);
    const of = async (name: string): Promise<unknown[]> =>
      (await pointsOf(only(metrics), name)).map(({ attributes, value }) => [attributes, value.count]);
    const common = {
      'rpc.system': 'grpc',
      'rpc.method': 'shop.Cart/Add',
      'server.address': hostname(),
      'server.port': 8080,
    };
    expect(await of('rpc.server.duration')).toEqual([
      [{ ...common, 'rpc.grpc.status_code': 0 }, 1],
      [{ ...common, 'rpc.grpc.status_code': 5 }, 1],
      [{ ...common, 'rpc.grpc.status_code': 13, 'error.type': 'INTERNAL' }, 2],
      [{ ...common, 'rpc.method': 'shop.Cart/Drop', 'rpc.grpc.status_code': 0 }, 1],
      [{ ...common, 'error.type': 'connection_closed' }, 1],
      [{ ...common, 'rpc.grpc.status_code': 100_000 }, 1],
    ]);
    const bank = { ...common, 'server.address': 'bank', 'server.port': 50_051 };
    expect(await of('rpc.client.duration')).toEqual([
      [{ ...bank, 'rpc.grpc.status_code': 5, 'error.type': 'NOT_FOUND' }, 1],
    ]);
    expect(await of('http.server.request.duration')).toEqual([]);
  });

  it('selects attributes of gRPC metrics, too', async () => {
    const select = { rpc_server_duration_seconds: { include: ['rpc.method', 'client_address'] } };
    const metrics = new RedMetrics({ select });
    metrics.record([aGrpcSpan(), aGrpcSpan({ grpcStatus: 2 }), aGrpcSpan({ kind: 'grpc.client' })]);
    expect(await pointsOf(only(metrics), 'rpc.server.duration')).toMatchObject([
      { attributes: { 'rpc.method': 'shop.Cart/Add', 'client.address': '10.0.0.2' }, value: { count: 2 } },
    ]);
    const [client] = await pointsOf(only(metrics), 'rpc.client.duration');
    expect(client?.attributes).toHaveProperty(['rpc.system']);
  });

  it('does not invent sizes that are not known, and counts them', async () => {
    const metrics = new RedMetrics();
    metrics.record([aSpan({ requestBodySize: undefined, responseBodySize: undefined }), aSpan({ requestBodySize: 5 })]);
    const service = only(metrics);
    expect((await pointsOf(service, 'http.server.request.body.size'))[0]?.value).toMatchObject({ count: 1, sum: 5 });
    expect(metrics.stats()).toMatchObject({
      'unknown.request_body_size': 1,
      'unknown.response_body_size': 1,
      recorded: 2,
    });
  });

  it('leaves out spans that metrics must ignore, and impossible durations, and counts both', async () => {
    const metrics = new RedMetrics();
    metrics.record([aSpan({ ignore: 'all' }), aSpan({ ignore: 'metrics' }), aSpan({ ignore: 'traces' }), lasting(-1)]);
    expect((await pointsOf(only(metrics), 'http.server.request.duration'))[0]?.value.count).toBe(1);
    expect(metrics.stats()).toMatchObject({ ignored: 2, 'dropped.invalid_duration': 1, recorded: 1 });
  });

  it('keeps a resource for each process', async () => {
    const metrics = new RedMetrics();
    const shop = aProcess({ pid: 1, service: { name: 'shop', namespace: '', instanceId: 'h:1' } });
    const cart = aProcess({ pid: 2, service: { name: 'cart', namespace: '', instanceId: 'h:2' } });
    metrics.record([aSpan({ process: shop }), aSpan({ process: cart }), aSpan({ process: cart })]);
    const seen = await Promise.all(
      metrics
        .services()
        .map(async (service) => [
          service.resource.attributes['service.name'],
          (await pointsOf(service, 'http.server.request.duration'))[0]?.value.count,
        ]),
    );
    expect(seen).toEqual([
      ['shop', 1],
      ['cart', 2],
    ]);
  });

  it('puts what is over the cap into one marked series, and loses nothing of the totals', async () => {
    const metrics = new RedMetrics({ maxSeries: 3 });
    for (let i = 0; i < 100; i += 1) metrics.record([aSpan({ route: `/${i}` }), aSpan({ route: '/0' })]);
    const points = await pointsOf(only(metrics), 'http.server.request.duration');
    expect(points).toHaveLength(4);
    expect(points.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, value: { count: 97 } });
    expect(points.reduce((sum, point) => sum + point.value.count, 0)).toBe(200);
    expect(metrics.stats()).toMatchObject({ overflowed: 97, series: 4 });
  });

  it('keeps memory bounded under ever new routes, hosts, methods and errors', () => {
    const metrics = new RedMetrics({ maxSeries: 50 });
    for (let i = 0; i < 20_000; i += 1) {
      metrics.record([
        aSpan({ route: `/${i}`, host: `h${i}`, method: `M${i}`, errorType: `e${i}` }),
        aSpan({ kind: 'http.client', host: `h${i}`, errorType: `e${i}` }),
        aSpan({ kind: 'http.client', host: `same:${'0'.repeat(i % 500)}80` }),
      ]);
    }
    expect(metrics.stats()['series']).toBe(102);
  });

  it('gives one series to spans of equal attributes, however their host was written', async () => {
    const metrics = new RedMetrics();
    metrics.record(
      ['pay.example', 'pay.example:80', 'pay.example:080'].map((host) => aSpan({ kind: 'http.client', host })),
    );
    metrics.record([
      aSpan({ statusCode: undefined, errorType: undefined }),
      aSpan({ statusCode: undefined, errorType: '_OTHER' }),
    ]);
    const service = only(metrics);
    expect((await pointsOf(service, 'http.client.request.duration')).map((point) => point.value.count)).toEqual([3]);
    expect((await pointsOf(service, 'http.server.request.duration')).map((point) => point.value.count)).toEqual([2]);
  });

  it('lets a series that is not updated expire, and start from zero when it comes back', async () => {
    const { metrics, clock } = withClock({ ttlMs: 60_000 });
    metrics.record([aSpan({ route: '/old' }), aSpan({ route: '/busy' })]);
    clock.ms += 50_000;
    metrics.record([aSpan({ route: '/busy' })]);
    clock.ms += 20_000;
    let points = await pointsOf(only(metrics), 'http.server.request.duration');
    expect(points.map((point) => point.value.count)).toEqual([2]);
    expect(metrics.stats()).toMatchObject({ expired: 1, series: 1 });
    metrics.record([aSpan({ route: '/old' })]);
    points = await pointsOf(only(metrics), 'http.server.request.duration');
    expect(points).toMatchObject([{ value: { count: 2 } }, { startTime: [1_070, 0], value: { count: 1 } }]);
  });

  it('cuts labels that are long, and makes one series of those that are the same then', async () => {
    const metrics = new RedMetrics({ features: ['application', 'application_span', 'application_service_graph'] });
    for (let i = 0; i < 3; i += 1) {
      const long = 'x'.repeat(60_000 + i);
      metrics.record([aSpan({ kind: 'http.client', host: long, route: `/${long}` })]);
    }
    expect(metrics.stats()).toMatchObject({ recorded: 3, series: 3 });
    const { resourceMetrics } = await only(metrics).collect();
    expect(JSON.stringify(resourceMetrics.scopeMetrics).length).toBeLessThan(40_000);
  });

  it('keeps its series when somebody sets the clock', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const metrics = new RedMetrics({ ttlMs: 60_000 });
      metrics.record([aSpan({ route: '/a' })]);
      vi.setSystemTime(Date.now() + 24 * 3_600_000);
      metrics.record([aSpan({ route: '/b' })]);
      metrics.services();
      vi.setSystemTime(0);
      metrics.services();
      expect(metrics.stats()).toMatchObject({ series: 2, expired: 0 });
    } finally {
      vi.useRealTimers();
    }
  });

  it('expires also when nobody reads it', () => {
    const { metrics, clock } = withClock({ ttlMs: 1_000 });
    metrics.record([aSpan({ route: '/old' })]);
    clock.ms += 2_000;
    metrics.record([aSpan({ route: '/new' })]);
    expect(metrics.stats()).toMatchObject({ series: 1, expired: 1 });
  });

  it('keeps an ended process until its series expire, and a running one for ever', () => {
    const { metrics, clock } = withClock({ ttlMs: 1_000 });
    const process = anInstance(1);
    const running = anInstance(2);
    metrics.processStarted(process);
    metrics.processStarted(running);
    metrics.record([aSpan({ process })]);
    metrics.processEnded(process);
    expect(metrics.services().map((service) => service.ended)).toEqual([true, false]);
    clock.ms += 1_001;
    expect(metrics.services().map((service) => service.process)).toEqual([running]);
    metrics.record([aSpan({ process })]);
    expect(metrics.services().find((service) => service.process === process)?.ended).toBe(true);
  });

  it('keeps one set of series for an instance that execs, also when the old process is reported ended late', async () => {
    const { metrics, clock } = withClock({ ttlMs: 1_000 });
    const shell = aProcess({ executable: '/bin/sh' });
    const node = aProcess({ executable: '/usr/bin/node' });
    metrics.record([aSpan({ process: shell })]);
    metrics.processStarted(node);
    metrics.record([aSpan({ process: node })]);
    metrics.processEnded(shell);
    metrics.record([aSpan({ process: shell })]);
    expect((await pointsOf(only(metrics), 'http.server.request.duration')).map((point) => point.value.count)).toEqual([
      3,
    ]);
    expect(only(metrics).ended).toBe(false);
    metrics.processEnded(node);
    expect(only(metrics).ended).toBe(true);
    clock.ms += 1_001;
    expect(metrics.services()).toEqual([]);
  });

  it('forgets the process not heard of for the longest time when there are too many', () => {
    const { metrics, clock } = withClock({ maxProcesses: 2 });
    const processes = [1, 2, 3].map(anInstance);
    for (const process of [processes[0], processes[1], processes[0], processes[2]]) {
      clock.ms += 1;
      metrics.record([aSpan({ process: process as (typeof processes)[0] })]);
    }
    expect(metrics.services().map((service) => service.process.pid)).toEqual([1, 3]);
    expect(metrics.stats()).toMatchObject({ evicted_processes: 1 });
  });

  it('is read by a MetricReader of the SDK with its own resource', async () => {
    class Reader extends MetricReader {
      protected override async onForceFlush(): Promise<void> {}
      protected override async onShutdown(): Promise<void> {}
    }
    const metrics = new RedMetrics();
    metrics.record([aSpan()]);
    const reader = new Reader();
    reader.setMetricProducer(only(metrics));
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    expect(resourceMetrics.resource.attributes['service.name']).toBe('shop');
    expect(resourceMetrics.scopeMetrics[0]?.metrics[0]?.descriptor.name).toBe('http.server.request.duration');
    await reader.shutdown();
  });

  it('has only the attributes that are selected, and merges series that became the same', async () => {
    const metrics = new RedMetrics({ select: { '*': { include: ['http.route'] } } });
    metrics.record([aSpan({ route: '/a' }), aSpan({ route: '/a', statusCode: 500 }), aSpan({ route: '/b' })]);
    const points = await pointsOf(only(metrics), 'http.server.request.duration');
    expect(points.map(({ attributes, value }) => [attributes, value.count])).toEqual([
      [{ 'http.route': '/a' }, 2],
      [{ 'http.route': '/b' }, 1],
    ]);
  });

  it('selects for each metric by itself, also what differs from request to request', async () => {
    const metrics = new RedMetrics({
      maxSeries: 2,
      select: { 'http.server.request.duration': { include: ['url.path', 'client.address'] } },
    });
    for (const path of ['/x/1', '/x/2', '/x/1', '/x/3']) metrics.record([aSpan({ route: '/x/:id', path })]);
    const service = only(metrics);
    const durations = await pointsOf(service, 'http.server.request.duration');
    expect(durations.map(({ attributes, value }) => [attributes, value.count])).toEqual([
      [{ 'url.path': '/x/1', 'client.address': '10.0.0.2' }, 2],
      [{ 'url.path': '/x/2', 'client.address': '10.0.0.2' }, 1],
      [{ 'otel.metric.overflow': true }, 1],
    ]);
    const sizes = await pointsOf(service, 'http.server.response.body.size');
    expect(sizes.map(({ value }) => [value.count, value.sum])).toEqual([[4, 400]]);
    expect(metrics.stats()).toMatchObject({ recorded: 4, overflowed: 1, series: 4 });
  });

  it('counts in the buckets that are asked for', () => {
    const metrics = new RedMetrics({ buckets: { durationHistogram: [0.02], responseSizeHistogram: [] } });
    metrics.record([lasting(10), lasting(30), lasting(20)]);
    const [duration, requestSize, responseSize] = only(metrics).snapshot();
    expect(duration?.points).toMatchObject([{ histogram: { boundaries: [0.02], counts: [2, 1] } }]);
    expect(requestSize?.points).toMatchObject([{ histogram: { boundaries: SIZE_BOUNDARIES } }]);
    expect(responseSize?.points).toMatchObject([{ histogram: { boundaries: [], counts: [3] } }]);
  });

  it('agrees with grouping by hand', async () => {
    const span = fc.record({
      kind: fc.constantFrom('http.server' as const, 'http.client' as const),
      method: fc.constantFrom('GET', 'POST', 'get', 'PURGE'),
      route: fc.constantFrom(undefined, '/a', '/b'),
      statusCode: fc.constantFrom(undefined, 200, 404, 500),
      scheme: fc.constantFrom('http' as const, 'https' as const),
      host: fc.constantFrom(undefined, 'x', 'y:81'),
      errorType: fc.constantFrom(undefined, 'connection_closed'),
      local: fc.constantFrom({ address: '10.0.0.1', port: 80 }, { address: '10.0.0.1', port: 81 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 40 }), async (fields) => {
        const metrics = new RedMetrics();
        const spans = fields.map((one) => aSpan(one));
        metrics.record(spans);
        const counted = new Map<string, number>();
        for (const service of metrics.services()) {
          for (const metric of service.snapshot()) {
            const { name } = metric;
            for (const point of metric.type === 'histogram' ? metric.points : []) {
              const key = JSON.stringify([name, Object.entries(point.attributes).sort()]);
              expect(counted.has(key)).toBe(false);
              counted.set(key, point.histogram.count);
            }
          }
        }

        const expected = new Map<string, number>();
        for (const one of spans) {
          const side = one.kind === 'http.server' ? 'server' : 'client';
          const attributes = Object.entries(metricAttributes(one, hostname())).sort();
          for (const name of ['request.duration', 'request.body.size', 'response.body.size']) {
            const key = JSON.stringify([`http.${side}.${name}`, attributes]);
            expected.set(key, (expected.get(key) ?? 0) + 1);
          }
        }
        expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(expected));
      }),
    );
  });
});

function anInstance(pid: number): ReturnType<typeof aProcess> {
  return aProcess({ pid, service: { name: 'shop', namespace: '', instanceId: `h:${pid}` } });
}

function withClock(options: RedMetricsOptions): { metrics: RedMetrics; clock: { ms: number } } {
  const clock = { ms: 1_000_000 };
  return { metrics: new RedMetrics({ ...options, now: () => clock.ms }), clock };
}

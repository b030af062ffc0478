import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { RouteDecorator } from '../../core/src/decorators/route-decorator.ts';
import { aSpan } from '../../core/src/testing/span.ts';
import { RedMetrics } from './red-metrics.ts';
import type { RedMetricsOptions } from './red-metrics-options.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const PATHS = 1_000_000;
const BATCH = 1_000;
const MAX_SERIES = 2_000;
const MEBIBYTE = 1024 * 1024;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

/** Words that no dictionary has and no rule takes for an identifier: the worst that somebody could ask for. */
function word(n: number): string {
  const syllables = ['ba', 'ke', 'li', 'mo', 'nu', 'pa', 're', 'si', 'to', 'vu'];
  return [...String(n).padStart(6, '0')].map((digit) => syllables[Number(digit)]).join('');
}

/** What is left of a million requests, each for a path of its own. */
function flood(
  routes: ConstructorParameters<typeof RouteDecorator>[0],
  options: RedMetricsOptions,
): { metrics: RedMetrics; routes: Set<string | undefined>; grownBytes: number } {
  const decorator = new RouteDecorator(routes);
  const metrics = new RedMetrics(options);
  const spans = Array.from({ length: BATCH }, () => aSpan());
  metrics.record(decorator.process(spans));
  const before = heapBytes();
  const seen = new Set<string | undefined>();
  for (let first = 0; first < PATHS; first += BATCH) {
    for (const [i, span] of spans.entries()) {
      Object.assign(span, { path: `/${word(first + i)}/items`, route: undefined });
    }
    metrics.record(decorator.process(spans));
    for (const { route } of spans) if (seen.size < 10 * MAX_SERIES) seen.add(route);
  }
  return { metrics, routes: seen, grownBytes: heapBytes() - before };
}

describe('a million distinct paths', { timeout: 120_000 }, () => {
  it.each<[string, RedMetricsOptions]>([
    ['explicit buckets', {}],
    ['the path as an attribute', { select: { '*': { include: ['url.path'] } } }],
  ])('as routes stay under the cap of series, with %s: what is over is in one, and counted', (_, options) => {
    const { metrics, grownBytes } = flood({ unmatched: 'path' }, { ...options, maxSeries: MAX_SERIES });
    const { overflowed = 0, recorded, series } = metrics.stats();
    expect(recorded).toBe(PATHS + BATCH);
    // The path `/` of the first batch has one of the series.
    expect(overflowed).toBe(PATHS - (MAX_SERIES - 1));
    expect(series).toBe(MAX_SERIES + 1);
    const duration = metrics
      .services()[0]
      ?.snapshot()
      .find(({ name }) => name === 'http.server.request.duration');
    const points = duration?.points ?? [];
    expect(points).toHaveLength(MAX_SERIES + 1);
    const counts = points.map((point) => ('histogram' in point ? point.histogram.count : 0));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(PATHS + BATCH);
    expect(points.at(-1)?.attributes).toEqual({ 'otel.metric.overflow': true });
    expect(counts.at(-1)).toBe(overflowed);
    expect(grownBytes).toBeLessThan(20 * MEBIBYTE);
  });

  it('as span names and edges of the service graph stay under theirs', () => {
    const features = ['application_span', 'application_service_graph'] as const;
    const { metrics, grownBytes } = flood({ unmatched: 'path' }, { features, spanNamesLimit: 100 });
    const snapshot = metrics.services()[0]?.snapshot() ?? [];
    const calls = snapshot.find(({ name }) => name === 'traces_spanmetrics_calls');
    const named = calls?.points.map((point) => ('value' in point ? [point.attributes['span.name'], point.value] : []));
    expect(named).toHaveLength(101);
    expect(named?.find(([name]) => name === 'AGGREGATED')).toEqual(['AGGREGATED', PATHS - 99]);
    expect(metrics.stats()['series']).toBeLessThan(110);
    expect(grownBytes).toBeLessThan(10 * MEBIBYTE);
  });

  it('are few routes with `low-cardinality`, and one with `wildcard`', () => {
    const few = flood({ unmatched: 'low-cardinality' }, {});
    expect(few.routes.size).toBeLessThan(20);
    expect(few.metrics.stats()['series']).toBeLessThan(20);
    expect(few.metrics.stats()['overflowed']).toBe(0);
    expect(few.grownBytes).toBeLessThan(10 * MEBIBYTE);
    const one = flood({ unmatched: 'wildcard' }, {});
    expect([...one.routes]).toEqual(['/**']);
    expect(one.metrics.stats()['series']).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { aSpan } from '../../core/src/testing/span.ts';
import type { Exemplar } from './exemplar.ts';
import { RedMetrics } from './red-metrics.ts';
import type { RedMetricsOptions } from './red-metrics-options.ts';

function exemplarsOf(options: RedMetricsOptions, spans: Parameters<RedMetrics['record']>[0]): (string | undefined)[] {
  const metrics = new RedMetrics({ now: () => 5_000, buckets: { durationHistogram: [0.02, 1] }, ...options });
  metrics.record(spans);
  return firstExemplars(metrics).map((one) => one?.traceId);
}

function firstExemplars(metrics: RedMetrics): readonly (Exemplar | undefined)[] {
  const [duration] = metrics.services()[0]?.snapshot() ?? [];
  if (duration?.type !== 'histogram') throw new Error('the first metric is no histogram');
  return duration.points[0]?.histogram.exemplars ?? [];
}

function lasting(ms: number, traceFlags: number): ReturnType<typeof aSpan> {
  const span = aSpan({ traceFlags });
  return { ...span, endNs: span.startNs + ms * 1e6 };
}

describe('exemplars', () => {
  it('are the last request of each bucket', () => {
    const spans = [lasting(10, 1), lasting(11, 1), lasting(30, 1)];
    expect(exemplarsOf({}, spans)).toEqual([spans[1]?.traceId, spans[2]?.traceId, undefined]);
  });

  it('are of sampled traces, of all, or of none, as the filter says', () => {
    const [sampled, unsampled] = [lasting(10, 1), lasting(11, 0)];
    const spans = [sampled, unsampled];
    expect(exemplarsOf({}, spans)?.[0]).toBe(sampled?.traceId);
    expect(exemplarsOf({ exemplarFilter: 'always_on' }, spans)?.[0]).toBe(unsampled?.traceId);
    expect(exemplarsOf({ exemplarFilter: 'always_off' }, spans)?.every((one) => one === undefined)).toBe(true);
    expect(() => new RedMetrics({ exemplarFilter: 'sometimes' as never })).toThrowError(/exemplarFilter/);
  });

  it('hold the value, both ids and the time', () => {
    const metrics = new RedMetrics({ now: () => 5_000 });
    const span = lasting(250, 1);
    metrics.record([span]);
    expect(firstExemplars(metrics).filter((one) => one !== undefined)).toEqual([
      { value: 0.25, traceId: span.traceId, spanId: span.spanId, unixMs: 5_000 },
    ]);
  });
});

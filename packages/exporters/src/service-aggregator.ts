import { hostname } from 'node:os';
import type { ProcessInfo, RequestSpan } from '@beyla/core';
import { type HrTime, ValueType } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type HistogramMetricData,
} from '@opentelemetry/sdk-metrics';
import { resourceAttributes, SCOPE } from './attributes.ts';
import { METRICS } from './metrics.ts';
import { type Series, SeriesTable } from './series-table.ts';
import type { HistogramSnapshot, MetricPoint, MetricSnapshot, ServiceMetrics } from './service-metrics.ts';

/** Aggregates the spans of one service instance: a process, or the processes that have its identity one after the other. */
export class ServiceAggregator implements ServiceMetrics {
  readonly process: ProcessInfo;
  readonly resource: Resource;
  readonly #server: SeriesTable;
  readonly #client: SeriesTable;
  readonly #now: () => number;
  #updatedMs: number;
  readonly #live = new Set<ProcessInfo>();

  constructor(process: ProcessInfo, maxSeries: number, nowMs: number, now: () => number) {
    this.process = process;
    this.#live.add(process);
    this.resource = resourceFromAttributes(resourceAttributes(process));
    const observedHost = process.resource['host.name'] ?? hostname();
    this.#server = new SeriesTable(maxSeries, observedHost);
    this.#client = new SeriesTable(maxSeries, observedHost);
    this.#updatedMs = nowMs;
    this.#now = now;
  }

  get ended(): boolean {
    return this.#live.size === 0;
  }

  /** Unix milliseconds of the last span, or of its start or end. */
  get updatedMs(): number {
    return this.#updatedMs;
  }

  /** Attribute sets held, of servers and clients, overflow series included. */
  get seriesCount(): number {
    return count(this.#server) + count(this.#client);
  }

  snapshot(): MetricSnapshot[] {
    const metrics: MetricSnapshot[] = [];
    for (const { name, unit, description, kind, histogramOf } of METRICS) {
      const points: MetricPoint[] = [];
      for (const series of kind === 'http.server' ? this.#server : this.#client) {
        const histogram = histogramOf(series);
        if (histogram.count > 0) points.push({ attributes: series.attributes, startMs: series.startMs, histogram });
      }
      if (points.length > 0) metrics.push({ name, unit, description, points });
    }
    return metrics;
  }

  /** A copy in the form of the OpenTelemetry SDK; cumulative. */
  async collect(): Promise<CollectionResult> {
    const endTime = hrTime(this.#now());
    const metrics: HistogramMetricData[] = this.snapshot().map(({ name, unit, description, points }) => ({
      descriptor: { name, description, unit, valueType: unit === 's' ? ValueType.DOUBLE : ValueType.INT },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: points.map((point) => ({
        startTime: hrTime(point.startMs),
        endTime,
        attributes: point.attributes,
        value: copyOf(point.histogram),
      })),
    }));
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: SCOPE, metrics }];
    return { resourceMetrics: { resource: this.resource, scopeMetrics }, errors: [] };
  }

  /** The series that the span belongs to. */
  resolve(span: RequestSpan, nowMs: number): Series {
    this.#updatedMs = nowMs;
    return (span.kind === 'http.server' ? this.#server : this.#client).resolve(span, nowMs);
  }

  /** Forgets the series that were not updated since; says how many. */
  expire(beforeMs: number): number {
    return this.#server.expire(beforeMs) + this.#client.expire(beforeMs);
  }

  /** Whether both would be the same to a back end. */
  sameInstance(process: ProcessInfo): boolean {
    const mine = this.process.service;
    const other = process.service;
    return mine.instanceId === other.instanceId && mine.name === other.name && mine.namespace === other.namespace;
  }

  begin(process: ProcessInfo): void {
    this.#live.add(process);
  }

  end(process: ProcessInfo, nowMs: number): void {
    this.#live.delete(process);
    this.#updatedMs = nowMs;
  }
}

function count(table: SeriesTable): number {
  return table.size + (table.overflow === undefined ? 0 : 1);
}

function copyOf(histogram: HistogramSnapshot): HistogramMetricData['dataPoints'][number]['value'] {
  return {
    buckets: { boundaries: [...histogram.boundaries], counts: [...histogram.counts] },
    count: histogram.count,
    sum: histogram.sum,
    min: histogram.min,
    max: histogram.max,
  };
}

function hrTime(unixMs: number): HrTime {
  return [Math.floor(unixMs / 1000), Math.round((unixMs % 1000) * 1e6)];
}

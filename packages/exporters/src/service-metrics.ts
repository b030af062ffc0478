import { hostname } from 'node:os';
import type { ProcessInfo, RequestSpan } from '@beyla/core';
import { type HrTime, ValueType } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { resourceAttributes, SCOPE } from './attributes.ts';
import type { Histogram } from './histogram.ts';
import { METRICS, type MetricDefinition } from './metrics.ts';
import { type Series, SeriesTable } from './series-table.ts';

/**
 * The metrics of one process: its own resource, and a `MetricProducer` that any OpenTelemetry `MetricReader` can read
 * (`reader.setMetricProducer(service)`).
 *
 * @public
 */
export class ServiceMetrics implements MetricProducer {
  readonly process: ProcessInfo;
  readonly resource: Resource;
  readonly #server: SeriesTable;
  readonly #client: SeriesTable;
  readonly #now: () => number;
  #updatedMs: number;
  #ended = false;

  /** @internal */
  constructor(process: ProcessInfo, maxSeries: number, nowMs: number, now: () => number) {
    this.process = process;
    this.resource = resourceFromAttributes(resourceAttributes(process));
    const observedHost = process.resource['host.name'] ?? hostname();
    this.#server = new SeriesTable(maxSeries, observedHost);
    this.#client = new SeriesTable(maxSeries, observedHost);
    this.#updatedMs = nowMs;
    this.#now = now;
  }

  /** Whether the process is known to have ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Unix milliseconds of the last span, or of its start or end. */
  get updatedMs(): number {
    return this.#updatedMs;
  }

  /** Attribute sets held, of servers and clients, overflow series included. */
  get seriesCount(): number {
    return count(this.#server) + count(this.#client);
  }

  /** The metrics with a value, each with its series and the histogram of each; live objects, to be read at once. */
  *metrics(): Generator<{ definition: MetricDefinition; series: readonly Series[] }> {
    for (const definition of METRICS) {
      const table = definition.kind === 'http.server' ? this.#server : this.#client;
      const series = [...table].filter((candidate) => definition.histogramOf(candidate).count > 0);
      if (series.length > 0) yield { definition, series };
    }
  }

  /** A copy in the form of the OpenTelemetry SDK; cumulative. */
  async collect(): Promise<CollectionResult> {
    const endTime = hrTime(this.#now());
    const metrics: HistogramMetricData[] = [];
    for (const { definition, series } of this.metrics()) {
      metrics.push({
        descriptor: {
          name: definition.name,
          description: definition.description,
          unit: definition.unit,
          valueType: definition.unit === 's' ? ValueType.DOUBLE : ValueType.INT,
        },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: series.map((one) => ({
          startTime: hrTime(one.startMs),
          endTime,
          attributes: one.attributes,
          value: valueOf(definition.histogramOf(one)),
        })),
      });
    }
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: SCOPE, metrics }];
    return { resourceMetrics: { resource: this.resource, scopeMetrics }, errors: [] };
  }

  /** @internal */
  resolve(span: RequestSpan, nowMs: number): Series {
    this.#updatedMs = nowMs;
    return (span.kind === 'http.server' ? this.#server : this.#client).resolve(span, nowMs);
  }

  /** @internal */
  expire(beforeMs: number): number {
    return this.#server.expire(beforeMs) + this.#client.expire(beforeMs);
  }

  /** @internal */
  end(nowMs: number): void {
    this.#ended = true;
    this.#updatedMs = nowMs;
  }
}

function count(table: SeriesTable): number {
  return table.size + (table.overflow === undefined ? 0 : 1);
}

function valueOf(histogram: Histogram): HistogramMetricData['dataPoints'][number]['value'] {
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

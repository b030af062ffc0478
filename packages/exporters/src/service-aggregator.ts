import { hostname } from 'node:os';
import type { ProcessInfo, RequestSpan } from '@beyla/core';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';
import { resourceAttributes, SCOPE } from './attributes.ts';
import type { EndpointDirectory } from './endpoint-directory.ts';
import type { FeatureTable } from './feature-table.ts';
import { GrpcMethods } from './grpc-methods.ts';
import { histogramMetric } from './histogram-aggregation.ts';
import { hrTime, toMetricData } from './metric-data.ts';
import type { MetricFeature } from './metric-features.ts';
import type { MetricPlan } from './metric-plan.ts';
import type { Moment } from './moment.ts';
import { SeriesTable } from './series-table.ts';
import { ServiceGraph } from './service-graph.ts';
import type { MetricSnapshot, ServiceMetrics } from './service-metrics.ts';
import { SpanMetrics } from './span-metrics.ts';

/** Aggregates the spans of one service instance: a process, or the processes that have its identity one after the other. */
export class ServiceAggregator implements ServiceMetrics {
  readonly process: ProcessInfo;
  readonly resource: Resource;
  /** Span metrics and the service graph, where they are wanted. */
  readonly features: readonly FeatureTable[];
  readonly #tables: Readonly<Record<RequestSpan['kind'], readonly SeriesTable[]>>;
  readonly #now: () => Moment;
  #updatedMs: number;
  readonly #live = new Set<ProcessInfo>();

  constructor(process: ProcessInfo, plan: MetricPlan, endpoints: EndpointDirectory, now: () => Moment) {
    this.process = process;
    this.#live.add(process);
    this.resource = resourceFromAttributes(resourceAttributes(process));
    const features: ReadonlySet<MetricFeature> = new Set(process.metrics?.features ?? plan.features);
    const observedHost = process.resource['host.name'] ?? hostname();
    const methods = new GrpcMethods();
    const tablesOf = (kind: RequestSpan['kind']): SeriesTable[] =>
      (features.has('application') ? plan.groups[kind] : []).map(
        (group) => new SeriesTable(group, plan, observedHost, methods),
      );
    this.#tables = {
      'http.server': tablesOf('http.server'),
      'http.client': tablesOf('http.client'),
      'grpc.server': tablesOf('grpc.server'),
      'grpc.client': tablesOf('grpc.client'),
    };
    this.features = featureTables(features, plan, endpoints);
    this.#updatedMs = now().steadyMs;
    this.#now = now;
  }

  get ended(): boolean {
    return this.#live.size === 0;
  }

  /** When the last span came, or it started or ended; by the steady clock. */
  get updatedMs(): number {
    return this.#updatedMs;
  }

  /** Attribute sets held, of servers and clients, overflow series included. */
  get seriesCount(): number {
    const extra = this.features.reduce((sum, table) => sum + table.size, 0);
    return this.#all().reduce((sum, table) => sum + count(table), extra);
  }

  snapshot(): MetricSnapshot[] {
    const metrics: MetricSnapshot[] = [];
    for (const table of this.#all()) {
      for (const metric of table.group.metrics) {
        const points = [...table]
          .map((series) => ({
            attributes: series.attributes,
            startMs: series.startMs,
            histogram: series[metric.value],
          }))
          .filter(({ histogram }) => histogram.count > 0);
        if (points.length > 0) metrics.push(histogramMetric(metric, points));
      }
    }
    for (const table of this.features) metrics.push(...table.snapshot());
    return metrics;
  }

  /** A copy in the form of the OpenTelemetry SDK; cumulative. */
  async collect(): Promise<CollectionResult> {
    const endTime = hrTime(this.#now().unixMs);
    const metrics = this.snapshot().map((metric) => toMetricData(metric, endTime));
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: SCOPE, metrics }];
    return { resourceMetrics: { resource: this.resource, scopeMetrics }, errors: [] };
  }

  /** Where the span is to be counted: one table for each set of attributes that a metric of its kind has. */
  tablesFor(span: RequestSpan, now: Moment): readonly SeriesTable[] {
    this.#updatedMs = now.steadyMs;
    return this.#tables[span.kind];
  }

  /** Forgets the series that were not updated since; says how many. */
  expire(beforeMs: number): number {
    return [...this.#all(), ...this.features].reduce((sum, table) => sum + table.expire(beforeMs), 0);
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

  end(process: ProcessInfo, now: Moment): void {
    this.#live.delete(process);
    this.#updatedMs = now.steadyMs;
  }

  #all(): SeriesTable[] {
    return Object.values(this.#tables).flat();
  }
}

function count(table: SeriesTable): number {
  return table.size + (table.overflow === undefined ? 0 : 1);
}

function featureTables(
  features: ReadonlySet<MetricFeature>,
  plan: MetricPlan,
  endpoints: EndpointDirectory,
): FeatureTable[] {
  const tables: FeatureTable[] = [];
  if (SPAN_FEATURES.some((feature) => features.has(feature))) {
    tables.push(new SpanMetrics(features, plan));
  }
  if (features.has('application_service_graph')) {
    tables.push(new ServiceGraph(plan, endpoints));
  }
  return tables;
}

const SPAN_FEATURES = ['application_span', 'application_span_otel', 'application_span_sizes'] as const;

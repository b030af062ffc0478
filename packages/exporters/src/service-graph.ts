import { isServerSpan, type RequestSpan, type Service } from '@beyla/core';
import { type AttributeSet, OVERFLOW_ATTRIBUTES, spanOutcome } from './attributes.ts';
import { authorityFromHost } from './authority.ts';
import { CappedSeries } from './capped-series.ts';
import type { EndpointDirectory } from './endpoint-directory.ts';
import type { FeatureTable } from './feature-table.ts';
import { type AnyHistogram, type HistogramFactory, histogramMetric } from './histogram-aggregation.ts';
import type { MetricPlan } from './metric-plan.ts';
import type { Moment } from './moment.ts';
import type { MetricSnapshot } from './service-metrics.ts';
import type { TextLimit } from './text-limit.ts';

/** One end of an edge: a service, or an address where no service is known. */
type Node = Pick<Service, 'name' | 'namespace'>;

interface EdgeSeries {
  readonly attributes: Readonly<AttributeSet>;
  readonly startMs: number;
  readonly overflow: boolean;
  updatedMs: number;
  readonly client: AnyHistogram;
  readonly server: AnyHistogram;
  total: number;
  failed: number;
}

/**
 * Requests between services, seen from one of them. A request that both ends saw has the duration of both, but counts once: for
 * the server.
 */
export class ServiceGraph implements FeatureTable {
  readonly #histograms: HistogramFactory;
  readonly #texts: TextLimit;
  readonly #endpoints: EndpointDirectory;
  readonly #allowSelfReferences: boolean;
  readonly #series: CappedSeries<EdgeSeries>;

  constructor(plan: MetricPlan, endpoints: EndpointDirectory) {
    this.#histograms = plan.histograms;
    this.#texts = plan.texts;
    this.#endpoints = endpoints;
    this.#allowSelfReferences = plan.allowServiceGraphSelfReferences;
    this.#series = new CappedSeries(plan.maxSeries);
  }

  get size(): number {
    return this.#series.size;
  }

  record(span: RequestSpan, durationSeconds: number, now: Moment): boolean {
    const own: Node = span.process.service;
    const isServer = isServerSpan(span);
    const instrumented = isServer ? undefined : this.#endpoints.serviceAt(span.remote);
    const client = isServer ? { name: span.remote.address, namespace: '' } : own;
    const server = isServer ? own : (instrumented ?? { name: this.#texts.text(serverName(span)), namespace: '' });
    const isSelf = client.name === server.name && client.namespace === server.namespace;
    if (isSelf && !this.#allowSelfReferences) return true;
    const series = this.#series.resolve(
      JSON.stringify([client.name, client.namespace, server.name, server.namespace]),
      (overflow) => ({
        attributes: overflow ? { ...OVERFLOW_ATTRIBUTES } : edgeAttributes(client, server),
        startMs: now.unixMs,
        overflow,
        updatedMs: now.steadyMs,
        client: this.#histograms.duration(),
        server: this.#histograms.duration(),
        total: 0,
        failed: 0,
      }),
    );
    series.updatedMs = now.steadyMs;
    (isServer ? series.server : series.client).record(durationSeconds);
    if (instrumented === undefined) {
      series.total += 1;
      if (spanOutcome(span) === 'error') series.failed += 1;
    }
    return !series.overflow;
  }

  expire(beforeMs: number): number {
    return this.#series.expire(beforeMs);
  }

  snapshot(): MetricSnapshot[] {
    const edges = [...this.#series];
    const durations = (side: 'client' | 'server'): MetricSnapshot =>
      histogramMetric(
        {
          name: `traces_service_graph_request_${side}`,
          unit: 's',
          description: `Duration of requests between two services as the ${side} saw it.`,
        },
        edges
          .filter((edge) => edge[side].count > 0)
          .map((edge) => ({ attributes: edge.attributes, startMs: edge.startMs, histogram: edge[side] })),
      );
    const count = (name: string, description: string, of: 'total' | 'failed'): MetricSnapshot => ({
      type: 'counter',
      name,
      unit: '',
      description,
      points: edges.map((edge) => ({ attributes: edge.attributes, startMs: edge.startMs, value: edge[of] })),
    });
    return [
      durations('client'),
      durations('server'),
      count('traces_service_graph_request', 'Requests between two services.', 'total'),
      count('traces_service_graph_request_failed', 'Failed requests between two services.', 'failed'),
    ].filter(({ points }) => points.length > 0);
  }
}

function serverName(span: RequestSpan): string {
  const authority = span.host === undefined ? undefined : authorityFromHost(span.host);
  return authority?.address ?? span.remote.address;
}

function edgeAttributes(client: Node, server: Node): AttributeSet {
  return {
    client: client.name,
    client_service_namespace: client.namespace,
    server: server.name,
    server_service_namespace: server.namespace,
    source: 'beyla',
    connection_type: '',
  };
}

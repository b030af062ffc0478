import type { Health } from '@beyla/core';
import { diag } from '@opentelemetry/api';
import { getNumberFromEnv } from '@opentelemetry/core';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { MetricExporterAdapter, type MetricExporterAdapterOptions } from '../otel-sdk/metric-exporter-adapter.ts';
import { metricCodec } from './codec.ts';
import { variable, wordFromEnvironment } from './environment.ts';
import type { OtlpOptions } from './options.ts';
import { resolveOtlpConfig } from './otlp-config.ts';
import { OtlpSender } from './otlp-sender.ts';
import { METRICS } from './signal.ts';
import { withTrouble } from './with-trouble.ts';

const AGGREGATIONS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const;

/**
 * Where an `OtlpMetricExporter` sends to, and how often.
 *
 * @public
 */
export interface OtlpMetricExporterOptions extends OtlpOptions, MetricExporterAdapterOptions {}

/**
 * Sends RED metrics by OTLP over gRPC or HTTP, at an interval and at the end; see {@link MetricExporterAdapter}. Where
 * `histogramAggregation` is not given, OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION decides.
 *
 * An export that fails is tried again within `exportTimeoutMs`; the next one has all counts in any case. Data points that a receiver
 * rejects (partial success) are counted as `rejected_points`. After `close()` no connection is left. Errors: INVALID_OPTION for a URL
 * that is none, an unknown protocol, certificates that cannot be read.
 *
 * @example
 * ```ts
 * import { OtlpMetricExporter } from '@beyla/exporters';
 * const metrics = new OtlpMetricExporter({ endpoint: 'http://127.0.0.1:4318', intervalMs: 10_000 });
 * ```
 *
 * @public
 */
export class OtlpMetricExporter extends MetricExporterAdapter {
  readonly #sender: OtlpSender<ResourceMetrics>;

  constructor(options: OtlpMetricExporterOptions = {}) {
    const name = options.name ?? 'otlp-metrics';
    const config = resolveOtlpConfig(options, METRICS);
    const exportTimeoutMs = options.exportTimeoutMs ?? getNumberFromEnv('OTEL_METRIC_EXPORT_TIMEOUT') ?? 30_000;
    const sender = new OtlpSender(name, metricCodec(config.protocol), config, exportTimeoutMs);
    const histogramAggregation =
      options.histogramAggregation ?? wordFromEnvironment(METRICS, 'DEFAULT_HISTOGRAM_AGGREGATION', AGGREGATIONS);
    super(sender, { ...options, name, exportTimeoutMs, ...(histogramAggregation && { histogramAggregation }) });
    this.#sender = sender;
    const temporality = variable('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE');
    if (temporality !== undefined && temporality.value.toLowerCase() !== 'cumulative') {
      diag.warn(`${name}: ${temporality.name} is \`${temporality.value}\`, but metrics are cumulative`);
    }
  }

  override stats(): Record<string, number> {
    return { ...super.stats(), retries: this.#sender.retries };
  }

  override health(): Health {
    return withTrouble(super.health(), this.#sender.trouble);
  }
}

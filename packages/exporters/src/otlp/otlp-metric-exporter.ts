import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MetricExporterAdapter, type MetricExporterAdapterOptions } from '../otel-sdk/metric-exporter-adapter.ts';
import { ConnectionPool } from './connection-pool.ts';
import { exporterConfig } from './exporter-config.ts';
import type { OtlpOptions } from './options.ts';

/** @public */
export interface OtlpMetricExporterOptions extends OtlpOptions, MetricExporterAdapterOptions {}

/**
 * Sends RED metrics by OTLP over HTTP with protobuf, at an interval and at the end; see {@link MetricExporterAdapter}.
 *
 * After `close()` no connection is left. Errors: INVALID_OPTION for a URL that is none.
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
  readonly #pool: ConnectionPool;

  constructor(options: OtlpMetricExporterOptions = {}) {
    const pool = new ConnectionPool('METRICS');
    super(new OTLPMetricExporter(exporterConfig(options, 'v1/metrics', pool)), { name: 'otlp-metrics', ...options });
    this.#pool = pool;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#pool.close();
  }
}

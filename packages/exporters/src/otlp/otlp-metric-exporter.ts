import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MetricExporterAdapter, type MetricExporterAdapterOptions } from '../otel-sdk/metric-exporter-adapter.ts';
import { ConnectionPool } from './connection-pool.ts';
import { exporterConfig } from './exporter-config.ts';
import type { OtlpOptions } from './options.ts';

/** @public */
export interface OtlpMetricExporterOptions extends OtlpOptions, MetricExporterAdapterOptions {}

/** The stock exporter, but its connections end with it. */
class PooledOTLPMetricExporter extends OTLPMetricExporter {
  readonly #pool: ConnectionPool;

  constructor(options: OtlpOptions, pool: ConnectionPool) {
    super(exporterConfig(options, 'v1/metrics', pool));
    this.#pool = pool;
  }

  override shutdown(): Promise<void> {
    this.#pool.close();
    return super.shutdown();
  }
}

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
  constructor(options: OtlpMetricExporterOptions = {}) {
    super(new PooledOTLPMetricExporter(options, new ConnectionPool('METRICS')), { name: 'otlp-metrics', ...options });
  }
}

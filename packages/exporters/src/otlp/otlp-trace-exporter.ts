import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { SpanExporterAdapter, type SpanExporterAdapterOptions } from '../otel-sdk/span-exporter-adapter.ts';
import { ConnectionPool } from './connection-pool.ts';
import { exporterConfig } from './exporter-config.ts';
import type { OtlpOptions } from './options.ts';

/** @public */
export interface OtlpTraceExporterOptions extends OtlpOptions, SpanExporterAdapterOptions {}

/** The stock exporter, but its connections end with it. */
class PooledOTLPTraceExporter extends OTLPTraceExporter {
  readonly #pool: ConnectionPool;

  constructor(options: OtlpOptions, pool: ConnectionPool) {
    super(exporterConfig(options, 'v1/traces', pool));
    this.#pool = pool;
  }

  override shutdown(): Promise<void> {
    this.#pool.close();
    return super.shutdown();
  }
}

/**
 * Sends spans by OTLP over HTTP with protobuf, in batches, through a bounded queue; see {@link SpanExporterAdapter}.
 *
 * After `close()` no connection is left. A retry that was waiting may hold its timer for some seconds more, at most `timeoutMs`.
 * Errors: INVALID_OPTION for a URL that is none.
 *
 * @example
 * ```ts
 * import { OtlpTraceExporter } from '@beyla/exporters';
 * const traces = new OtlpTraceExporter({ endpoint: 'http://127.0.0.1:4318' });
 * ```
 *
 * @public
 */
export class OtlpTraceExporter extends SpanExporterAdapter {
  constructor(options: OtlpTraceExporterOptions = {}) {
    super(new PooledOTLPTraceExporter(options, new ConnectionPool('TRACES')), { name: 'otlp-traces', ...options });
  }
}

import type { Health } from '@beyla/core';
import { getNumberFromEnv } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { SpanExporterAdapter, type SpanExporterAdapterOptions } from '../otel-sdk/span-exporter-adapter.ts';
import { traceCodec } from './codec.ts';
import type { OtlpOptions } from './options.ts';
import { resolveOtlpConfig } from './otlp-config.ts';
import { OtlpSender } from './otlp-sender.ts';
import { TRACES } from './signal.ts';
import { withTrouble } from './with-trouble.ts';

/**
 * Where an `OtlpTraceExporter` sends to, and its queue.
 *
 * @public
 */
export interface OtlpTraceExporterOptions extends OtlpOptions, SpanExporterAdapterOptions {
  /** Longest time for one batch in milliseconds, retries included; default OTEL_BSP_EXPORT_TIMEOUT, else 300,000. */
  exportTimeoutMs?: number;
}

/**
 * Sends spans by OTLP over gRPC or HTTP, in batches, through a bounded queue; see {@link SpanExporterAdapter}.
 *
 * While the receiver is away the batch under way is tried again, with growing waits, and the others queue: nothing is lost that the
 * queue can hold. What a receiver takes but rejects (partial success) is counted as `dropped.rejected`: rejected spans, at most the requests
 * of the batch. A batch whose answer got lost is sent again, so a receiver may see a span twice, with the same id. After `close()` no
 * connection is left. Errors: INVALID_OPTION for a URL that is none, an unknown protocol, certificates that cannot be read.
 *
 * @example
 * ```ts
 * import { OtlpTraceExporter } from '@beyla/exporters';
 * const traces = new OtlpTraceExporter({ endpoint: 'http://127.0.0.1:4317', compression: 'gzip' });
 * ```
 *
 * @public
 */
export class OtlpTraceExporter extends SpanExporterAdapter {
  readonly #sender: OtlpSender<ReadableSpan[]>;

  constructor(options: OtlpTraceExporterOptions = {}) {
    const name = options.name ?? 'otlp-traces';
    const config = resolveOtlpConfig(options, TRACES);
    const exportTimeoutMs = options.exportTimeoutMs ?? getNumberFromEnv('OTEL_BSP_EXPORT_TIMEOUT') ?? 300_000;
    const sender = new OtlpSender(name, traceCodec(config.protocol), config, exportTimeoutMs);
    super(sender, { ...options, name, exportTimeoutMs });
    this.#sender = sender;
  }

  override stats(): Record<string, number> {
    return { ...super.stats(), retries: this.#sender.retries };
  }

  override health(): Health {
    return withTrouble(super.health(), this.#sender.trouble);
  }
}

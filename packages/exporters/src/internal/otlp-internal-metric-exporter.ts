import { type Exporter, fulfilledWithin, type Health, type InternalSource, Lifecycle } from '@beyla/core';
import { getNumberFromEnv } from '@opentelemetry/core';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { ExportFailures } from '../otel-sdk/export-failures.ts';
import { exportOnce } from '../otel-sdk/export-once.ts';
import { metricCodec } from '../otlp/codec.ts';
import type { OtlpOptions } from '../otlp/options.ts';
import { resolveOtlpConfig } from '../otlp/otlp-config.ts';
import { OtlpSender } from '../otlp/otlp-sender.ts';
import { METRICS } from '../otlp/signal.ts';
import { withTrouble } from '../otlp/with-trouble.ts';
import { internalResourceMetrics } from './internal-resource-metrics.ts';

/**
 * Where an `OtlpInternalMetricExporter` sends to, and how often.
 *
 * @public
 */
export interface OtlpInternalMetricExporterOptions extends OtlpOptions {
  /** Milliseconds between exports; default OTEL_METRIC_EXPORT_INTERVAL, else 60,000. */
  intervalMs?: number;
  /** Longest wait of `flush()` and `close()` in milliseconds; default 3000. */
  closeTimeoutMs?: number;
}

/**
 * Sends metrics of the library itself by OTLP, as those of a service `beyla`: what each stage took, gave and lost, queues, exports, runs and
 * time of the BPF programs, fill of the BPF maps, selected processes. Names have dots: `beyla.queue.depth`.
 *
 * It takes no spans. Values are cumulative: an export that fails loses nothing but its point in time. Errors are those of `OtlpMetricExporter`.
 *
 * @example
 * ```ts
 * import { OtlpInternalMetricExporter } from '@beyla/exporters';
 * const internal = new OtlpInternalMetricExporter({ endpoint: 'http://127.0.0.1:4318', intervalMs: 15_000 });
 * ```
 *
 * @public
 */
export class OtlpInternalMetricExporter implements Exporter {
  readonly name = 'otlp-internal-metrics';
  readonly #sender: OtlpSender<ResourceMetrics>;
  readonly #intervalMs: number;
  readonly #closeTimeoutMs: number;
  readonly #failures = new ExportFailures();
  readonly #lifecycle: Lifecycle;
  readonly #startMs = Date.now();
  #source: InternalSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #exports = 0;
  #lastFailed = false;

  constructor(options: OtlpInternalMetricExporterOptions = {}) {
    const config = resolveOtlpConfig(options, METRICS);
    this.#intervalMs = options.intervalMs ?? getNumberFromEnv('OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 3_000;
    this.#sender = new OtlpSender(this.name, metricCodec(config.protocol), config, this.#intervalMs);
    this.#lifecycle = new Lifecycle(this.name, () => this.#stop());
  }

  observe(source: InternalSource): void {
    this.#source = source;
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      this.#timer = setInterval(() => void this.#export(), this.#intervalMs).unref();
    });
  }

  /** Spans are not its matter. */
  export(): void {}

  async flush(): Promise<void> {
    await fulfilledWithin(this.#export(), this.#closeTimeoutMs);
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  stats(): Record<string, number> {
    return { exports: this.#exports, retries: this.#sender.retries, ...this.#failures.stats() };
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    if (this.#lastFailed) return { status: 'degraded', messages: ['The last export of internal metrics failed.'] };
    return withTrouble({ status: state === 'running' ? 'healthy' : 'starting', messages: [] }, this.#sender.trouble);
  }

  debugInfo(): Record<string, unknown> {
    return { intervalMs: this.#intervalMs, stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One at a time: the next one has all counts in any case. Never rejects. */
  #export(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #send(): Promise<void> {
    if (this.#source === undefined) return;
    const metrics = internalResourceMetrics(this.#source, this.#startMs, Date.now());
    const { error } = await exportOnce((callback) => this.#sender.export(metrics, callback), 2 * this.#intervalMs);
    this.#exports += 1;
    this.#lastFailed = error !== undefined;
    if (error !== undefined) this.#failures.count(error);
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.#sender.shutdown();
  }
}

import {
  BeylaError,
  type Exporter,
  fulfilledWithin,
  type Health,
  Lifecycle,
  type ProcessInfo,
  type RequestSpan,
} from '@beyla/core';
import { diag } from '@opentelemetry/api';
import { getNumberFromEnv } from '@opentelemetry/core';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { RedMetrics } from '../red-metrics.ts';
import type { RedMetricsOptions } from '../red-metrics-options.ts';
import type { ServiceMetrics } from '../service-metrics.ts';
import { ExportFailures } from './export-failures.ts';
import { exportOnce } from './export-once.ts';
import { halveMetrics } from './halve-metrics.ts';
import { isTooLarge } from './is-too-large.ts';

/**
 * How a `MetricExporterAdapter` makes its metrics and how often it exports them.
 *
 * @public
 */
export interface MetricExporterAdapterOptions extends RedMetricsOptions {
  /** Name in health, logs and drop reports; default `metrics`. */
  name?: string;
  /** Milliseconds between exports; default OTEL_METRIC_EXPORT_INTERVAL, else 60,000. */
  intervalMs?: number;
  /** Longest wait for the export of one process, in milliseconds; default OTEL_METRIC_EXPORT_TIMEOUT, else 30,000. */
  exportTimeoutMs?: number;
  /** Longest wait of `flush()` and `close()` in milliseconds; default 3000. */
  closeTimeoutMs?: number;
}

/** Exports of different processes that may be under way together. */
const CONCURRENCY = 8;
/** An export becomes 64 parts at most. */
const MOST_HALVINGS = 6;

/**
 * Gives RED metrics to any OpenTelemetry `PushMetricExporter`, at an interval and at the end: one export per process, each with
 * its own Resource.
 *
 * An export that is too large for the receiver is sent as two halves. Metrics are cumulative: an export that fails loses no count, and `failed_exports` says how many did. An exporter that asks for
 * delta temporality is warned about through `diag`; one that asks for exponential histograms gets them. The adapter owns the exporter and shuts it down.
 *
 * @example
 * ```ts
 * import { MetricExporterAdapter } from '@beyla/exporters';
 * import { ConsoleMetricExporter } from '@opentelemetry/sdk-metrics';
 * const exporter = new MetricExporterAdapter(new ConsoleMetricExporter(), { intervalMs: 10_000 });
 * ```
 *
 * @public
 */
export class MetricExporterAdapter implements Exporter {
  readonly name: string;
  readonly #exporter: PushMetricExporter;
  readonly #metrics: RedMetrics;
  readonly #intervalMs: number;
  readonly #exportTimeoutMs: number;
  #closeTimeoutMs: number;
  readonly #lifecycle: Lifecycle;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  readonly #failures = new ExportFailures();
  #abandoned = false;
  #exports = 0;
  #failedExports = 0;
  #skippedExports = 0;
  #rejectedPoints = 0;
  #failure: BeylaError | undefined;

  constructor(exporter: PushMetricExporter, options: MetricExporterAdapterOptions = {}) {
    this.name = options.name ?? 'metrics';
    this.#exporter = exporter;
    this.#metrics = new RedMetrics(asExporterLikes(exporter, options));
    this.#intervalMs = options.intervalMs ?? getNumberFromEnv('OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000;
    if (!(this.#intervalMs > 0)) throw new BeylaError('INVALID_OPTION', 'intervalMs must be a number above 0');
    this.#exportTimeoutMs = options.exportTimeoutMs ?? getNumberFromEnv('OTEL_METRIC_EXPORT_TIMEOUT') ?? 30_000;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 3_000;
    this.#lifecycle = new Lifecycle(this.name, () => this.#stop());
    const temporality = exporter.selectAggregationTemporality?.(InstrumentType.HISTOGRAM);
    if (temporality === AggregationTemporality.DELTA) {
      diag.warn(`${this.name}: delta temporality is not supported; metrics are cumulative`);
    }
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      this.#timer = setInterval(() => {
        this.#round ??= this.#exportAll();
      }, this.#intervalMs);
      this.#timer.unref();
    });
  }

  export(spans: readonly RequestSpan[]): void {
    this.#metrics.record(spans);
  }

  processStarted(process: ProcessInfo): void {
    this.#metrics.processStarted(process);
  }

  processEnded(process: ProcessInfo): void {
    this.#metrics.processEnded(process);
  }

  async flush(): Promise<void> {
    await fulfilledWithin(this.#flush(), this.#closeTimeoutMs);
  }

  close(timeoutMs: number = this.#closeTimeoutMs): Promise<void> {
    this.#closeTimeoutMs = Math.min(timeoutMs, this.#closeTimeoutMs);
    return this.#lifecycle.close();
  }

  stats(): Record<string, number> {
    return {
      ...this.#metrics.stats(),
      exports: this.#exports,
      failed_exports: this.#failedExports,
      skipped_exports: this.#skippedExports,
      rejected_points: this.#rejectedPoints,
      ...this.#failures.stats(),
    };
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    if (this.#failure !== undefined) return { status: 'degraded', messages: [this.#failure.message] };
    return { status: state === 'running' ? 'healthy' : 'starting', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { state: this.#lifecycle.state, intervalMs: this.#intervalMs, stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #flush(): Promise<void> {
    // A round under way has read its values already; the flush must deliver those of now.
    await this.#round;
    this.#round ??= this.#exportAll();
    await this.#round;
    await this.#exporter.forceFlush();
  }

  /** Never rejects. Takes no more services up after one interval: a dead back end must not pile up rounds. */
  async #exportAll(): Promise<void> {
    const services = [...this.#metrics.services()];
    const deadlineMs = performance.now() + this.#intervalMs;
    const worker = async (): Promise<void> => {
      for (let service = services.pop(); service !== undefined; service = services.pop()) {
        if (this.#abandoned || performance.now() > deadlineMs) this.#skippedExports += 1;
        else await this.#exportOne(service);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    this.#round = undefined;
  }

  async #exportOne(service: ServiceMetrics): Promise<void> {
    const { resourceMetrics } = await service.collect();
    if (resourceMetrics.scopeMetrics.length > 0) await this.#send(resourceMetrics);
  }

  /** What is too large for the receiver goes in halves, but who refuses any size is not stormed. */
  async #send(resourceMetrics: ResourceMetrics, halvings = MOST_HALVINGS): Promise<void> {
    const { error, rejected } = await exportOnce(
      (callback) => this.#exporter.export(resourceMetrics, callback),
      this.#exportTimeoutMs,
    );
    this.#exports += 1;
    this.#rejectedPoints += rejected;
    if (error === undefined) {
      this.#failure = undefined;
      return;
    }
    this.#failures.count(error);
    const halves = halvings > 0 && isTooLarge(error) ? halveMetrics(resourceMetrics) : undefined;
    if (halves !== undefined && !this.#abandoned) {
      for (const half of halves) await this.#send(half, halvings - 1);
      return;
    }
    this.#failedExports += 1;
    // Once per outage: a dead back end fails at every interval.
    if (this.#failure === undefined) diag.warn(`${this.name}: export failed`, error);
    this.#failure = new BeylaError('EXPORT_FAILED', `the last export failed: ${error.message}`, { cause: error });
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    const deadlineMs = performance.now() + this.#closeTimeoutMs;
    await this.flush();
    this.#abandoned = true;
    const shutdown = Promise.resolve().then(() => this.#exporter.shutdown());
    const leftMs = Math.max(0, deadlineMs - performance.now());
    await fulfilledWithin(shutdown, leftMs, (error) => diag.warn(`${this.name}: shutdown failed`, error));
  }
}

/** An exporter of the SDK may say which histograms it wants; what the options say is stronger. */
function asExporterLikes(exporter: PushMetricExporter, options: RedMetricsOptions): RedMetricsOptions {
  const liked = exporter.selectAggregation?.(InstrumentType.HISTOGRAM);
  if (options.histogramAggregation !== undefined || liked?.type !== AggregationType.EXPONENTIAL_HISTOGRAM)
    return options;
  const maxSize = liked.options?.maxSize;
  return {
    ...options,
    histogramAggregation: 'base2_exponential_bucket_histogram',
    exponentialHistogram: { ...(maxSize === undefined ? {} : { maxSize }), ...options.exponentialHistogram },
  };
}

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
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { type AttributeSet, resourceAttributes, spanAttributes } from '../attributes.ts';
import { type BatchOutcome, BatchQueue } from '../batch-queue.ts';
import { type Instrumentation, instrumentationFilter } from '../instrumentations.ts';
import { queryRedactor, type SensitiveQueryParams } from '../redact.ts';
import { resolveSemanticConventions, type SemanticConventionsOptions } from '../semantic-conventions.ts';
import { type SpanAttributeSelection, spanAttributeSelector } from '../span-attribute-selection.ts';
import { spanBytes } from '../span-bytes.ts';
import { TextLimit } from '../text-limit.ts';
import { ExportFailures } from './export-failures.ts';
import { type Delivery, exportOnce } from './export-once.ts';
import { isTooLarge } from './is-too-large.ts';
import { appendReadableSpans } from './readable-span.ts';

/**
 * Queue and batches of a `SpanExporterAdapter`.
 *
 * @public
 */
export interface SpanExporterAdapterOptions {
  /** Name in health, logs and drop reports; default `spans`. */
  name?: string;
  /** Names of attributes; default by OTEL_SEMCONV_STABILITY_OPT_IN. */
  semanticConventions?: SemanticConventionsOptions;
  /** Which attributes spans have; default all. */
  attributes?: SpanAttributeSelection;
  /** Query parameters whose values are redacted. */
  sensitiveQueryParams?: SensitiveQueryParams;
  /** Protocols whose requests are exported; default all. */
  instrumentations?: readonly Instrumentation[];
  /** Requests held at most while the back end is slow; default OTEL_BSP_MAX_QUEUE_SIZE, else 8192. */
  maxQueueSize?: number;
  /** Requests per export; one request is up to three spans; default OTEL_BSP_MAX_EXPORT_BATCH_SIZE, else 512. */
  maxBatchSize?: number;
  /** Bytes that requests take at most while the back end is slow, those under way included; default 32 MiB. */
  maxQueueBytes?: number;
  /** About how many bytes one export has at most, before compression; default 2 MiB: receivers of gRPC take 4 MiB. */
  maxBatchBytes?: number;
  /**
   * Characters of a text, of which more are cut off; default OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, else OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT,
   * else 4096.
   */
  attributeValueLengthLimit?: number;
  /** Longest wait for a batch to fill in milliseconds; default OTEL_BSP_SCHEDULE_DELAY, else 1000. */
  delayMs?: number;
  /** Longest wait for one export in milliseconds, retries included; default OTEL_BSP_EXPORT_TIMEOUT, else 30,000. */
  exportTimeoutMs?: number;
  /** Longest wait of `flush()` and `close()` in milliseconds; default 3000. */
  closeTimeoutMs?: number;
}

const MIB = 1024 * 1024;
/** Smaller batches are not halved. */
const LEAST_HALVED_BYTES = 8_192;

/**
 * Gives request spans to any OpenTelemetry `SpanExporter`, in batches, through a bounded queue.
 *
 * Spans of one process share one Resource. Spans without the sampled flag and spans that traces must ignore are left out, and
 * counted. What does not fit or is refused is dropped and counted: `dropped.queue_full`, `dropped.export_failed`, `dropped.rejected`,
 * `dropped.too_large`, `dropped.shutdown`, in requests. A batch that is too large for the receiver is sent as two halves. The adapter owns the exporter and shuts it down.
 *
 * @example
 * ```ts
 * import { SpanExporterAdapter } from '@beyla/exporters';
 * import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base';
 * const exporter = new SpanExporterAdapter(new ConsoleSpanExporter(), { delayMs: 100 });
 * ```
 *
 * @public
 */
export class SpanExporterAdapter implements Exporter {
  readonly name: string;
  readonly #exporter: SpanExporter;
  readonly #attributesOf: (span: RequestSpan) => AttributeSet;
  readonly #isWanted: ((span: RequestSpan) => boolean) | undefined;
  readonly #exportTimeoutMs: number;
  #closeTimeoutMs: number;
  readonly #resources = new WeakMap<ProcessInfo, Resource>();
  readonly #limit: TextLimit;
  readonly #queue: BatchQueue<RequestSpan>;
  readonly #lifecycle: Lifecycle;
  readonly #failures = new ExportFailures();
  #exports = 0;
  #halved = 0;
  #abandoned = false;
  #ignored = 0;
  #unsampled = 0;
  #failure: BeylaError | undefined;

  constructor(exporter: SpanExporter, options: SpanExporterAdapterOptions = {}) {
    this.name = options.name ?? 'spans';
    this.#exporter = exporter;
    const conventions = resolveSemanticConventions(options.semanticConventions);
    const redact = queryRedactor(options.sensitiveQueryParams);
    const select = spanAttributeSelector(options.attributes);
    const limit = new TextLimit(options.attributeValueLengthLimit);
    this.#limit = limit;
    this.#attributesOf =
      select === undefined
        ? (span) => limit.attributes(spanAttributes(span, conventions, redact))
        : (span) => limit.attributes(select(spanAttributes(span, conventions, redact)));
    this.#isWanted = instrumentationFilter(options.instrumentations);
    this.#exportTimeoutMs = options.exportTimeoutMs ?? getNumberFromEnv('OTEL_BSP_EXPORT_TIMEOUT') ?? 30_000;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 3_000;
    this.#queue = new BatchQueue({
      maxQueueSize: options.maxQueueSize ?? getNumberFromEnv('OTEL_BSP_MAX_QUEUE_SIZE') ?? 8_192,
      maxBatchSize: options.maxBatchSize ?? getNumberFromEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? 512,
      maxQueueBytes: options.maxQueueBytes ?? 32 * MIB,
      maxBatchBytes: options.maxBatchBytes ?? 2 * MIB,
      bytesOf: spanBytes,
      delayMs: options.delayMs ?? getNumberFromEnv('OTEL_BSP_SCHEDULE_DELAY') ?? 1_000,
      send: (batch) => this.#send(batch),
    });
    this.#lifecycle = new Lifecycle(this.name, () => this.#stop());
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => undefined);
  }

  export(spans: readonly RequestSpan[]): void {
    for (const span of spans) {
      if (span.ignore === 'traces' || span.ignore === 'all' || this.#isWanted?.(span) === false) this.#ignored += 1;
      else if ((span.traceFlags & 1) === 0) this.#unsampled += 1;
      else this.#queue.add(span);
    }
  }

  async flush(): Promise<void> {
    await fulfilledWithin(this.#drain(), this.#closeTimeoutMs);
  }

  close(timeoutMs: number = this.#closeTimeoutMs): Promise<void> {
    this.#closeTimeoutMs = Math.min(timeoutMs, this.#closeTimeoutMs);
    return this.#lifecycle.close();
  }

  stats(): Record<string, number> {
    return {
      ...this.#queue.stats(),
      ignored: this.#ignored,
      unsampled: this.#unsampled,
      exports: this.#exports,
      halved: this.#halved,
      texts_cut: this.#limit.cut,
      ...this.#failures.stats(),
    };
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    const messages: string[] = [];
    if (this.#failure !== undefined) messages.push(this.#failure.message);
    if (this.#queue.full)
      messages.push(
        'The queue is full and spans are dropped; raise `maxQueueSize` or `maxQueueBytes`, or speed up the back end.',
      );
    if (messages.length > 0) return { status: 'degraded', messages };
    return { status: state === 'running' ? 'healthy' : 'starting', messages };
  }

  debugInfo(): Record<string, unknown> {
    return { state: this.#lifecycle.state, stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What is too large for the receiver goes in halves, down to single requests. */
  async #send(batch: readonly RequestSpan[]): Promise<BatchOutcome> {
    const bytes = batch.reduce((sum, span) => sum + spanBytes(span), 0);
    // Who refuses even a small batch would refuse anything: a request for each span would be a storm.
    const canBeHalved = batch.length > 1 && bytes >= LEAST_HALVED_BYTES;
    const { error, rejected } = await this.#sendOnce(batch, canBeHalved);
    if (error === undefined) return { failed: 0, rejected: Math.min(rejected, batch.length), tooLarge: 0 };
    if (!isTooLarge(error)) return { failed: batch.length, rejected: 0, tooLarge: 0 };
    if (!canBeHalved) return { failed: 0, rejected: 0, tooLarge: batch.length };
    this.#halved += 1;
    const middle = batch.length >> 1;
    const first = await this.#send(batch.slice(0, middle));
    // The queue has counted all of it.
    if (this.#abandoned) return first;
    const second = await this.#send(batch.slice(middle));
    return {
      failed: first.failed + second.failed,
      rejected: first.rejected + second.rejected,
      tooLarge: first.tooLarge + second.tooLarge,
    };
  }

  async #sendOnce(batch: readonly RequestSpan[], canBeHalved: boolean): Promise<Delivery> {
    const delivery = await exportOnce((callback) => {
      const spans: ReadableSpan[] = [];
      const limited = (text: string): string => this.#limit.text(text);
      for (const span of batch) {
        appendReadableSpans(span, this.#resourceOf(span.process), spans, this.#attributesOf, limited);
      }
      this.#exporter.export(spans, callback);
    }, this.#exportTimeoutMs);
    this.#exports += 1;
    this.#note(delivery.error, canBeHalved);
    return delivery;
  }

  #note(error: Error | undefined, canBeHalved: boolean): void {
    if (error === undefined) {
      this.#failure = undefined;
      return;
    }
    this.#failures.count(error);
    // Its halves may yet arrive.
    if (canBeHalved && isTooLarge(error)) return;
    // Once per outage: a dead back end fails every second.
    if (this.#failure === undefined) diag.warn(`${this.name}: export failed`, error);
    this.#failure = new BeylaError('EXPORT_FAILED', `the last export failed: ${error.message}`, { cause: error });
  }

  #resourceOf(process: ProcessInfo): Resource {
    let resource = this.#resources.get(process);
    if (resource === undefined) {
      resource = resourceFromAttributes(resourceAttributes(process));
      this.#resources.set(process, resource);
    }
    return resource;
  }

  async #drain(): Promise<void> {
    await this.#queue.drain();
    await this.#exporter.forceFlush?.();
  }

  async #stop(): Promise<void> {
    const deadlineMs = performance.now() + this.#closeTimeoutMs;
    await this.flush();
    this.#abandoned = true;
    this.#queue.close();
    const shutdown = Promise.resolve().then(() => this.#exporter.shutdown());
    const leftMs = Math.max(0, deadlineMs - performance.now());
    await fulfilledWithin(shutdown, leftMs, (error) => diag.warn(`${this.name}: shutdown failed`, error));
  }
}

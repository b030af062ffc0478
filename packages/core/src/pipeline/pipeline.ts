import type { Component, Health } from '../component.ts';
import { fulfilledWithin } from '../deadline.ts';
import type { Processor } from '../decorators/decorator.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { RequestSpan } from '../spans/span.ts';
import type { Exporter } from './exporter.ts';

/**
 * What a `Pipeline` runs and how long it waits.
 *
 * @public
 */
export interface PipelineOptions {
  /** Run on each batch, in this order. */
  processors?: readonly Processor[];
  /** Each gets what the last processor returned; they are started and closed with the pipeline. */
  exporters?: readonly Exporter[];
  /** Told of the first failure of each processor and each exporter; later ones are only counted. */
  onError?: (error: unknown, source: string) => void;
  /** Longest wait for the exporters, in `flush()` and again in `close()`, in milliseconds; default 5000. */
  timeoutMs?: number;
}

/**
 * Counts of a `Pipeline` since its start.
 *
 * @public
 */
export interface PipelineStats {
  /** Spans pushed. */
  readonly spansIn: number;
  /** Spans handed to the exporters. */
  readonly spansOut: number;
  /** Batches that a processor threw on or answered with something else than an array. */
  readonly processorErrors: number;
  /** Calls into exporters that threw or rejected. */
  readonly exporterErrors: number;
  /** Spans lost, by reason: `filtered` by processors, `closed` pushed after close, `<exporter>.<reason>` by exporters. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Counters of each exporter, by its name; those of one name are added up. */
  readonly exporters: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Runs processors over batches of spans and hands the result to every exporter.
 *
 * No processor and no exporter can harm another: what throws is counted, told to `onError` once, and passed over. A batch
 * that a processor fails on goes on as it came in, except for fields that were written before the failure.
 *
 * @example
 * ```ts
 * import { Pipeline } from '@beyla/core';
 * await using pipeline = new Pipeline({
 *   processors: [(spans) => spans.filter((span) => span.path !== '/healthz')],
 * });
 * await pipeline.start();
 * pipeline.push([]);
 * ```
 *
 * @public
 */
export class Pipeline implements Component {
  readonly name = 'pipeline';
  readonly #processors: readonly Processor[];
  readonly #exporters: readonly Exporter[];
  readonly #onError: (error: unknown, source: string) => void;
  readonly #timeoutMs: number;
  readonly #lifecycle: Lifecycle;
  readonly #troubles = new Map<object, string>();
  readonly #thrownAway: number[];
  #spansIn = 0;
  #spansOut = 0;
  #filtered = 0;
  #pushedAfterClose = 0;
  #processorErrors = 0;
  #exporterErrors = 0;

  constructor(options: PipelineOptions = {}) {
    this.#processors = options.processors ?? [];
    this.#exporters = options.exporters ?? [];
    this.#onError = options.onError ?? ignoreError;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#thrownAway = this.#exporters.map(() => 0);
    this.#lifecycle = new Lifecycle(this.name, () => this.#closeExporters());
  }

  /** Starts the exporters; rejects with the first error of one, after closing the others. */
  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      await Promise.all(this.#exporters.map((exporter) => exporter.start()));
    });
  }

  /** Takes a batch; never throws. The caller may reuse the array afterwards. */
  push(spans: RequestSpan[]): void {
    this.#spansIn += spans.length;
    if (this.#lifecycle.state === 'closed') {
      this.#pushedAfterClose += spans.length;
      return;
    }
    let batch = spans;
    for (let i = 0; i < this.#processors.length; i += 1) batch = this.#process(batch, i);
    // A processor may also add spans; only a batch that shrank has lost some.
    if (batch.length < spans.length) this.#filtered += spans.length - batch.length;
    this.#spansOut += batch.length;
    if (batch.length === 0) return;
    for (let i = 0; i < this.#exporters.length; i += 1) this.#export(batch, i);
  }

  /** Tells the exporters of a process before its first span. */
  processStarted(process: ProcessInfo): void {
    for (const exporter of this.#exporters) this.#guarded(exporter, () => exporter.processStarted?.(process));
  }

  /** Tells the exporters that a process ended; late spans of it may still come. */
  processEnded(process: ProcessInfo): void {
    for (const exporter of this.#exporters) this.#guarded(exporter, () => exporter.processEnded?.(process));
  }

  /** Resolves when every exporter has delivered what it holds, or at the deadline. */
  async flush(): Promise<void> {
    await Promise.all(this.#exporters.map((exporter) => this.#finish(exporter, () => exporter.flush(), 'flush')));
  }

  /** Flushes and closes the exporters; takes at most twice the timeout. */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  stats(): PipelineStats {
    const dropped: Record<string, number> = { filtered: this.#filtered, closed: this.#pushedAfterClose };
    const exporters: Record<string, Record<string, number>> = {};
    this.#exporters.forEach((exporter, i) => {
      addTo(dropped, `${exporter.name}.threw`, this.#thrownAway[i] ?? 0);
      exporters[exporter.name] ??= {};
      for (const [name, value] of Object.entries(exporter.stats())) {
        addTo(exporters[exporter.name] ?? {}, name, value);
        if (name.startsWith('dropped.')) addTo(dropped, `${exporter.name}.${name.slice('dropped.'.length)}`, value);
      }
    });
    return {
      spansIn: this.#spansIn,
      spansOut: this.#spansOut,
      processorErrors: this.#processorErrors,
      exporterErrors: this.#exporterErrors,
      dropped,
      exporters,
    };
  }

  health(): Health {
    if (this.#lifecycle.state === 'closed') return { status: 'closed', messages: [] };
    const messages = [...this.#troubles.values()];
    for (const exporter of this.#exporters) {
      for (const message of exporter.health().messages) messages.push(`${exporter.name}: ${message}`);
    }
    if (messages.length > 0) return { status: 'degraded', messages };
    return { status: this.#lifecycle.state === 'running' ? 'healthy' : 'starting', messages };
  }

  debugInfo(): Record<string, unknown> {
    return {
      state: this.#lifecycle.state,
      stats: this.stats(),
      exporters: this.#exporters.map((exporter) => ({ name: exporter.name, ...exporter.debugInfo() })),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #process(batch: RequestSpan[], index: number): RequestSpan[] {
    const processor = this.#processors[index] as Processor;
    // A processor may have emptied or shuffled the array before it threw.
    const untouched = batch.slice();
    try {
      const result: unknown = processor(batch);
      if (Array.isArray(result)) return result as RequestSpan[];
      if (result instanceof Promise) result.catch(ignoreError);
      throw new TypeError('a processor must return an array of spans, synchronously');
    } catch (error) {
      this.#processorErrors += 1;
      this.#report(processor, error, `processor ${index + 1}${processor.name === '' ? '' : ` (${processor.name})`}`);
      return untouched;
    }
  }

  #export(batch: readonly RequestSpan[], index: number): void {
    const exporter = this.#exporters[index] as Exporter;
    if (!this.#guarded(exporter, () => exporter.export(batch))) {
      this.#thrownAway[index] = (this.#thrownAway[index] ?? 0) + batch.length;
    }
  }

  /** Calls into an exporter; false when it threw. An exporter that is async by mistake must not cause an unhandled rejection. */
  #guarded(exporter: Exporter, call: () => unknown): boolean {
    try {
      const result = call();
      if (result instanceof Promise) result.catch((error: unknown) => this.#exporterFailed(exporter, error));
      return true;
    } catch (error) {
      this.#exporterFailed(exporter, error);
      return false;
    }
  }

  async #finish(exporter: Exporter, call: () => Promise<void>, verb: string): Promise<void> {
    let failed = false;
    const work = Promise.resolve().then(call);
    const inTime = await fulfilledWithin(work, this.#timeoutMs, (error) => {
      failed = true;
      this.#exporterFailed(exporter, error);
    });
    if (!inTime && !failed) {
      this.#exporterFailed(exporter, new Error(`${verb} took longer than ${this.#timeoutMs} ms and was given up`));
    }
  }

  async #closeExporters(): Promise<void> {
    await this.flush();
    // Half of the time that is waited for it: an exporter that is to hurry still has to count what it gives up.
    const close = (exporter: Exporter) => () => exporter.close(this.#timeoutMs / 2);
    await Promise.all(this.#exporters.map((exporter) => this.#finish(exporter, close(exporter), 'close')));
  }

  #exporterFailed(exporter: Exporter, error: unknown): void {
    this.#exporterErrors += 1;
    this.#report(exporter, error, `exporter ${exporter.name}`);
  }

  #report(culprit: object, error: unknown, source: string): void {
    if (this.#troubles.has(culprit)) return;
    this.#troubles.set(
      culprit,
      `${source} failed: ${error instanceof Error ? error.message : String(error)}; correct it.`,
    );
    try {
      this.#onError(error, source);
    } catch {
      // The reporter's own failure has nowhere to go.
    }
  }
}

function addTo(counts: Record<string, number>, name: string, value: number): void {
  counts[name] = (counts[name] ?? 0) + value;
}

function ignoreError(): void {}

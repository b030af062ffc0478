import { BeylaError, type Exporter, type Health, Lifecycle, type RequestSpan } from '@beyla/core';
import { queryRedactor, type RedactQuery, type SensitiveQueryParams } from '../redact.ts';
import {
  resolveSemanticConventions,
  type SemanticConventions,
  type SemanticConventionsOptions,
} from '../semantic-conventions.ts';
import { jsonLine } from './json-line.ts';
import { textLine } from './text-line.ts';

/**
 * What a `ConsoleExporter` writes, and where to.
 *
 * @public
 */
export interface ConsoleExporterOptions {
  /**
   * `text`: one readable line per span (default). `json`: one JSON object per line; `json_indent`: on several lines. `counter`: for each
   * span only how many it makes since the start.
   */
  format?: 'text' | 'json' | 'json_indent' | 'counter';
  /** Query parameters whose values are redacted in `json`. */
  sensitiveQueryParams?: SensitiveQueryParams;
  /** Names of the attributes in `json`; default by OTEL_SEMCONV_STABILITY_OPT_IN. */
  semanticConventions?: SemanticConventionsOptions;
  /** Where lines go; default `process.stdout`. It is not closed. */
  stream?: NodeJS.WritableStream;
}

/**
 * Prints each span on one line, for the first look and for log shippers.
 *
 * A stream that does not keep up is not waited for: while it is full, spans are dropped and counted as `dropped.stream_full`; after it
 * failed, as `dropped.stream_failed`. Queries are printed in `json` only, with secrets redacted. Spans that traces must ignore are left out.
 *
 * @example
 * ```ts
 * import { ConsoleExporter } from '@beyla/exporters';
 * const lines = new ConsoleExporter({ format: 'json', stream: process.stderr });
 * ```
 *
 * @public
 */
export class ConsoleExporter implements Exporter {
  readonly name = 'console';
  readonly #stream: NodeJS.WritableStream;
  readonly #toLine: (span: RequestSpan) => string;
  readonly #lifecycle: Lifecycle;
  readonly #onDrain = (): void => {
    this.#full = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  };
  readonly #onError = (error: Error): void => {
    this.#failure = error;
    this.#onDrain();
  };
  #full = false;
  #failure: Error | undefined;
  #waiting: (() => void)[] = [];
  #printed = 0;
  #ignored = 0;
  #droppedFull = 0;
  #droppedFailed = 0;
  #droppedShutdown = 0;

  constructor(options: ConsoleExporterOptions = {}) {
    this.#stream = options.stream ?? process.stdout;
    const conventions = resolveSemanticConventions(options.semanticConventions);
    const redact = queryRedactor(options.sensitiveQueryParams);
    this.#toLine = this.#lineMaker(options.format ?? 'text', conventions, redact);
    this.#lifecycle = new Lifecycle(this.name, async () => {
      this.#stream.removeListener('drain', this.#onDrain);
      this.#stream.removeListener('error', this.#onError);
      this.#onDrain();
    });
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      this.#stream.on('drain', this.#onDrain);
      // A reader that went away (EPIPE) must not end the host.
      this.#stream.on('error', this.#onError);
    });
  }

  export(spans: readonly RequestSpan[]): void {
    for (const span of spans) {
      if (span.ignore === 'traces' || span.ignore === 'all') this.#ignored += 1;
      else if (this.#lifecycle.state === 'closed') this.#droppedShutdown += 1;
      else if (this.#failure !== undefined) this.#droppedFailed += 1;
      else if (this.#full) this.#droppedFull += 1;
      else this.#print(span);
    }
  }

  /** Resolves when the stream has room again, has failed, or the exporter is closed. */
  async flush(): Promise<void> {
    if (!this.#full || this.#failure !== undefined || this.#lifecycle.state !== 'running') return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  stats(): Record<string, number> {
    return {
      printed: this.#printed,
      ignored: this.#ignored,
      'dropped.stream_full': this.#droppedFull,
      'dropped.stream_failed': this.#droppedFailed,
      'dropped.shutdown': this.#droppedShutdown,
    };
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    if (this.#failure !== undefined) {
      const message = `The stream failed (${this.#failure.message}); give the exporter another one.`;
      return { status: 'unhealthy', messages: [message] };
    }
    if (this.#droppedFull > 0) {
      const message = `${this.#droppedFull} spans were not printed because the stream was full; read it faster.`;
      return { status: 'degraded', messages: [message] };
    }
    return { status: state === 'running' ? 'healthy' : 'starting', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { state: this.#lifecycle.state, stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #lineMaker(
    format: NonNullable<ConsoleExporterOptions['format']>,
    conventions: SemanticConventions,
    redact: RedactQuery,
  ): (span: RequestSpan) => string {
    switch (format) {
      case 'text':
        return textLine;
      case 'json':
        return (span) => jsonLine(span, conventions, redact);
      case 'json_indent':
        return (span) => jsonLine(span, conventions, redact, 2);
      case 'counter':
        return () => String(this.#printed);
      default:
        throw new BeylaError(
          'INVALID_OPTION',
          `console \`format\` is "${format}"; use text, json, json_indent or counter`,
        );
    }
  }

  #print(span: RequestSpan): void {
    this.#printed += 1;
    this.#full = !this.#stream.write(`${this.#toLine(span)}\n`);
  }
}

import { type Exporter, type Health, type InternalSource, Lifecycle } from '@beyla/core';
import type { BasicAuth } from './basic-auth.ts';
import { internalPieces } from './internal-page.ts';
import { MetricsEndpoint } from './metrics-endpoint.ts';
import type { ServerTls } from './metrics-server.ts';

/**
 * Where an `InternalMetricsExporter` listens.
 *
 * @public
 */
export interface InternalMetricsExporterOptions {
  /** Address to listen on; default `0.0.0.0`, every IPv4 address of the machine, as Beyla does. */
  host?: string;
  /** TCP port; 0 takes any free one, told by `port`. */
  port: number;
  /** Path of the page; default `/internal/metrics`. */
  path?: string;
  /** Certificate and key: HTTPS instead of HTTP. */
  tls?: ServerTls;
  /** What scrapers must send; without it everybody may read. */
  basicAuth?: BasicAuth;
}

/**
 * Serves metrics of the library itself for Prometheus on a port of their own: what each stage took, gave and lost, queues, exports, runs
 * and time of the BPF programs, fill of the BPF maps, selected processes. On the port of a `PrometheusExporter` its option `internalPath` does it.
 *
 * It takes no spans. Errors are those of `PrometheusExporter`.
 *
 * @example
 * ```ts
 * import { createBeyla } from '@beyla/core';
 * import { InternalMetricsExporter } from '@beyla/exporters';
 * await using beyla = await createBeyla({
 *   discovery: { instrument: [{ openPorts: '8080' }] },
 *   tracer: { statistics: true },
 *   exporters: [new InternalMetricsExporter({ port: 9465 })],
 * });
 * ```
 *
 * @public
 */
export class InternalMetricsExporter implements Exporter {
  readonly name = 'internal-metrics';
  readonly #endpoint: MetricsEndpoint;
  readonly #lifecycle: Lifecycle;
  #source: InternalSource | undefined;

  constructor(options: InternalMetricsExporterOptions) {
    const { path = '/internal/metrics' } = options;
    this.#endpoint = new MetricsEndpoint(options, [
      {
        path,
        hasProtobuf: false,
        write: (format) =>
          this.#source === undefined || format === 'protobuf'
            ? undefined
            : internalPieces(this.#source, this.#endpoint, format),
      },
    ]);
    this.#lifecycle = new Lifecycle(this.name, () => this.#endpoint.stop());
  }

  /** The port it listens on; undefined before the start and after the close. */
  get port(): number | undefined {
    return this.#endpoint.port;
  }

  observe(source: InternalSource): void {
    this.#source = source;
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, () => this.#endpoint.listen());
  }

  /** Spans are not its matter. */
  export(): void {}

  async flush(): Promise<void> {}

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  stats(): Record<string, number> {
    return this.#endpoint.stats();
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    return { status: state === 'running' ? 'healthy' : 'starting', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { host: this.#endpoint.host, port: this.port, stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

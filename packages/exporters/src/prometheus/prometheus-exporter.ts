import {
  type Exporter,
  type Health,
  type InternalSource,
  Lifecycle,
  type ProcessInfo,
  RecentGrowth,
  type RequestSpan,
} from '@beyla/core';
import type { HistogramAggregation } from '../histogram-aggregation.ts';
import { RedMetrics } from '../red-metrics.ts';
import type { RedMetricsOptions } from '../red-metrics-options.ts';
import type { BasicAuth } from './basic-auth.ts';
import { internalPieces } from './internal-page.ts';
import { MetricsEndpoint } from './metrics-endpoint.ts';
import type { ServerTls } from './metrics-server.ts';
import type { ScrapeFormat } from './page-format.ts';
import { ProtobufFormat } from './protobuf-format.ts';
import { TextFormat } from './text-format.ts';

/**
 * Where a `PrometheusExporter` listens, and how it makes its metrics.
 *
 * @public
 */
export interface PrometheusExporterOptions extends RedMetricsOptions {
  /** Address to listen on; default `0.0.0.0`, every IPv4 address of the machine, as Beyla does. */
  host?: string;
  /** TCP port; default 9464, OpenTelemetry's; 0 takes any free one, told by `port`. */
  port?: number;
  /** Path of the page; default `/metrics`. */
  path?: string;
  /** Path of a page about the library itself, beside the others; default none, or `/internal/metrics` once `serveInternal` was called. */
  internalPath?: string;
  /** Whether the page has `beyla_build_info`, with our version and the languages of the observed programs; default true. */
  buildInfo?: boolean;
  /** Certificate and key: HTTPS instead of HTTP. */
  tls?: ServerTls;
  /**
   * With an exponential form scrapers that take protobuf get native histograms beside the explicit buckets, and others the
   * explicit buckets; default `explicit_bucket_histogram`.
   */
  histogramAggregation?: HistogramAggregation;
  /** What scrapers must send; without it everybody may read. */
  basicAuth?: BasicAuth;
}

/**
 * Serves RED metrics for Prometheus to scrape: as protobuf, which has native histograms, or as OpenMetrics 1.0 where the scraper asks
 * for it, both with exemplars; else in the text format 0.0.4; compressed where it accepts that.
 *
 * The server does not keep the event loop alive. It holds 128 connections at most, closing for a new one the oldest that only waits, gives the
 * scrapes of a moment the same page, and cuts off who takes more than 30 s to read it. Where the network is not trusted listen on `127.0.0.1`, or use `tls` and
 * `basicAuth`. Errors of `start`: PORT_IN_USE, MISSING_CAPABILITY (a port below 1024), INVALID_OPTION (an address that is not
 * ours). Options that are wrong: INVALID_OPTION, UNKNOWN_OPTION, INVALID_PATTERN.
 *
 * @example
 * ```ts
 * import { PrometheusExporter } from '@beyla/exporters';
 * await using prometheus = new PrometheusExporter({ host: '127.0.0.1', port: 0 });
 * await prometheus.start();
 * console.log(`http://127.0.0.1:${prometheus.port}/metrics`);
 * ```
 *
 * @public
 */
export class PrometheusExporter implements Exporter {
  readonly name = 'prometheus';
  readonly #endpoint: MetricsEndpoint;
  readonly #metrics: RedMetrics;
  readonly #text: TextFormat;
  readonly #protobuf: ProtobufFormat;
  readonly #lifecycle: Lifecycle;
  readonly #path: string;
  readonly #wantsInternal: boolean;
  readonly #overflowed = new RecentGrowth();
  #internal: InternalSource | undefined;

  constructor(options: PrometheusExporterOptions = {}) {
    const { path = '/metrics', internalPath = '/internal/metrics', port = 9464, buildInfo = true } = options;
    this.#text = new TextFormat(buildInfo);
    this.#protobuf = new ProtobufFormat(buildInfo);
    this.#path = path;
    this.#wantsInternal = options.internalPath !== undefined;
    this.#metrics = new RedMetrics(withNative(options));
    this.#endpoint = new MetricsEndpoint({ ...options, port }, [
      { path, hasProtobuf: true, write: (format) => this.#page(format) },
      { path: internalPath, hasProtobuf: false, write: (format) => this.#internalPage(format) },
    ]);
    this.#lifecycle = new Lifecycle(this.name, () => this.#endpoint.stop());
  }

  /** The port it listens on; undefined before the start and after the close. */
  get port(): number | undefined {
    return this.#endpoint.port;
  }

  /**
   * Serves metrics of the library itself at `internalPath`, beside the others: what each stage took, gave and lost, queues,
   * exports, runs and time of the BPF programs, fill of the BPF maps, selected processes. With the option `internalPath` `createBeyla` sees to it.
   *
   * @example
   * ```ts
   * import { createBeyla } from '@beyla/core';
   * import { PrometheusExporter } from '@beyla/exporters';
   * const prometheus = new PrometheusExporter({ host: '127.0.0.1' });
   * const beyla = await createBeyla({ discovery: { instrument: [{ openPorts: '8080' }] }, exporters: [prometheus] });
   * prometheus.serveInternal(beyla);
   * ```
   */
  serveInternal(source: InternalSource): void {
    this.#internal = source;
  }

  observe(source: InternalSource): void {
    if (this.#wantsInternal) this.#internal = source;
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, () => this.#endpoint.listen());
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

  /** Nothing is queued: Prometheus fetches. */
  async flush(): Promise<void> {}

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  stats(): Record<string, number> {
    return {
      ...this.#metrics.stats(),
      ...this.#endpoint.stats(),
    };
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    const overflowed = this.#overflowed.of(this.#metrics.stats()['overflowed'] ?? 0);
    if (overflowed > 0) {
      const message = `${overflowed} requests went to the overflow series; set route patterns or raise \`maxSeries\`.`;
      return { status: 'degraded', messages: [message] };
    }
    return { status: state === 'running' ? 'healthy' : 'starting', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { host: this.#endpoint.host, port: this.port, path: this.#path, stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #page(format: ScrapeFormat): Iterable<string | Uint8Array> {
    const services = this.#metrics.services();
    return format === 'protobuf' ? this.#protobuf.write(services) : this.#text.write(services, format);
  }

  #internalPage(format: ScrapeFormat): Iterable<string> | undefined {
    if (this.#internal === undefined || format === 'protobuf') return undefined;
    return internalPieces(this.#internal, this.#endpoint, format);
  }
}

/** Texts need explicit buckets in any case, and Prometheus has no scale above 8. */
function withNative(options: PrometheusExporterOptions): RedMetricsOptions {
  const { histogramAggregation, exponentialHistogram } = options;
  if (histogramAggregation !== 'base2_exponential_bucket_histogram') return options;
  return {
    ...options,
    histogramAggregation: 'explicit_and_base2_exponential',
    exponentialHistogram: { ...exponentialHistogram, maxScale: Math.min(8, exponentialHistogram?.maxScale ?? 8) },
  };
}

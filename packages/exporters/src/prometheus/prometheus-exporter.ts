import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { BeylaError, type Exporter, type Health, Lifecycle, type ProcessInfo, type RequestSpan } from '@beyla/core';
import { diag } from '@opentelemetry/api';
import type { HistogramAggregation } from '../histogram-aggregation.ts';
import { RedMetrics } from '../red-metrics.ts';
import type { RedMetricsOptions } from '../red-metrics-options.ts';
import { acceptsGzip } from './accepts-gzip.ts';
import { type BasicAuth, basicAuthCheck } from './basic-auth.ts';
import { type InternalSource, internalPage } from './internal-metrics.ts';
import { createMetricsServer, type ServerTls } from './metrics-server.ts';
import { MEDIA_TYPES, preferredFormat, type ScrapeFormat } from './page-format.ts';
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
  /** Path of the page about the library itself, once `serveInternal` was called; default `/internal/metrics`. */
  internalPath?: string;
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
 * The server does not keep the event loop alive. Where the network is not trusted listen on `127.0.0.1`, or use `tls` and
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
  readonly #host: string;
  readonly #wantedPort: number;
  readonly #path: string;
  readonly #internalPath: string;
  #internal: InternalSource | undefined;
  #internalScrapes = 0;
  readonly #metrics: RedMetrics;
  readonly #text = new TextFormat();
  readonly #protobuf = new ProtobufFormat();
  readonly #server: Server;
  readonly #isAllowed: (authorization: string | undefined) => boolean;
  #refusedScrapes = 0;
  readonly #lifecycle: Lifecycle;
  #scrapes = 0;
  #failedScrapes = 0;

  constructor(options: PrometheusExporterOptions = {}) {
    this.#host = options.host ?? '0.0.0.0';
    this.#wantedPort = checkedPort(options.port ?? 9464);
    this.#path = options.path ?? '/metrics';
    this.#internalPath = options.internalPath ?? '/internal/metrics';
    for (const path of [this.#path, this.#internalPath]) {
      if (!path.startsWith('/')) throw new BeylaError('INVALID_OPTION', 'prometheus path must begin with a slash');
    }
    this.#metrics = new RedMetrics(withNative(options));
    this.#isAllowed = options.basicAuth === undefined ? () => true : basicAuthCheck(options.basicAuth);
    this.#server = createMetricsServer(options.tls, (request, response) => this.#answer(request, response));
    this.#lifecycle = new Lifecycle(this.name, () => this.#stop());
  }

  /** The port it listens on; undefined before the start and after the close. */
  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port;
  }

  /**
   * Serves metrics of the library itself at `internalPath`, beside the others: what each stage took, gave and lost, queues,
   * exports, runs and time of the BPF programs, selected processes.
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

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, () => this.#listen());
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
      scrapes: this.#scrapes,
      failed_scrapes: this.#failedScrapes,
      refused_scrapes: this.#refusedScrapes,
    };
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    const overflowed = this.#metrics.stats()['overflowed'] ?? 0;
    if (overflowed > 0) {
      const message = `${overflowed} requests went to the overflow series; set route patterns or raise \`maxSeries\`.`;
      return { status: 'degraded', messages: [message] };
    }
    return { status: state === 'running' ? 'healthy' : 'starting', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { host: this.#host, port: this.port, path: this.#path, stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(this.#listenError(error));
      this.#server.once('error', onError);
      this.#server.listen(this.#wantedPort, this.#host, () => {
        this.#server.removeListener('error', onError);
        resolve();
      });
    });
  }

  #listenError(cause: NodeJS.ErrnoException): BeylaError {
    const place = `${this.#host}:${this.#wantedPort}`;
    if (cause.code === 'EADDRINUSE') return new BeylaError('PORT_IN_USE', `port ${place} is in use`, { cause });
    if (cause.code === 'EACCES') {
      return new BeylaError('MISSING_CAPABILITY', `listening on ${place} needs CAP_NET_BIND_SERVICE`, { cause });
    }
    return new BeylaError('INVALID_OPTION', `cannot listen on ${place}: ${cause.message}`, {
      cause,
      cure: 'Give `host` an address of this machine.',
    });
  }

  async #stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isAllowed(request.headers.authorization)) {
      this.#refusedScrapes += 1;
      response.setHeader('www-authenticate', 'Basic realm="metrics", charset="UTF-8"');
      sendPlain(response, 401, 'Name and password, please\n');
      return;
    }
    const path = request.url?.split('?', 1)[0];
    const internal = path === this.#internalPath ? this.#internal : undefined;
    if (path !== this.#path && internal === undefined) {
      sendPlain(response, 404, `Metrics are at ${this.#path}\n`);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendPlain(response, 405, 'Only GET and HEAD\n');
      return;
    }
    if (path === this.#path) this.#scrapes += 1;
    else this.#internalScrapes += 1;
    const isInternal = path !== this.#path;
    const format = preferredFormat(request.headers.accept, !isInternal);
    response.setHeader('content-type', MEDIA_TYPES[format]);
    response.setHeader('vary', 'accept, accept-encoding');
    if (request.method === 'HEAD') response.end();
    else
      this.#sendPage(request, response, this.#page(isInternal ? internal : undefined, format)).catch((error: unknown) =>
        this.#fail(response, error),
      );
  }

  #page(internal: InternalSource | undefined, format: ScrapeFormat): Iterable<string | Uint8Array> {
    if (format === 'protobuf') return this.#protobuf.write(this.#metrics.services());
    if (internal === undefined) return this.#text.write(this.#metrics.services(), format);
    const port = this.port ?? this.#wantedPort;
    const requests = [
      [{ port, path: this.#path }, this.#scrapes],
      [{ port, path: this.#internalPath }, this.#internalScrapes],
    ] as const;
    return [internalPage(internal, requests, format)];
  }

  async #sendPage(
    request: IncomingMessage,
    response: ServerResponse,
    pieces: Iterable<string | Uint8Array>,
  ): Promise<void> {
    const page = Readable.from(paced(pieces));
    if (!acceptsGzip(request.headers['accept-encoding'])) {
      await pipeline(page, response);
      return;
    }
    response.setHeader('content-encoding', 'gzip');
    await pipeline(page, createGzip(), response);
  }

  /** The scraper went away, or the page could not be written; what is half sent is cut off, so that it is not taken for whole. */
  #fail(response: ServerResponse, error: unknown): void {
    this.#failedScrapes += 1;
    diag.debug('prometheus: a scrape failed', error);
    response.destroy();
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

/** A page of many thousand series takes a while: the host's event loop turns between its pieces. */
async function* paced(pieces: Iterable<string | Uint8Array>): AsyncGenerator<string | Uint8Array> {
  for (const piece of pieces) {
    if (piece.length > 0) yield piece;
    await setImmediate();
  }
}

function sendPlain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(text);
}

function checkedPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new BeylaError('INVALID_OPTION', `prometheus port must be a whole number from 0 to 65535, not ${port}`);
}

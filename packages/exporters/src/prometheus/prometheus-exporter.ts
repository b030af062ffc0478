import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { BeylaError, type Exporter, type Health, Lifecycle, type ProcessInfo, type RequestSpan } from '@beyla/core';
import { diag } from '@opentelemetry/api';
import { RedMetrics, type RedMetricsOptions } from '../red-metrics.ts';
import { acceptsGzip } from './accepts-gzip.ts';
import { TEXT_FORMAT, TextFormat } from './text-format.ts';

/** @public */
export interface PrometheusExporterOptions extends RedMetricsOptions {
  /** Address to listen on; default `0.0.0.0`, every IPv4 address of the machine, as Beyla does. */
  host?: string;
  /** TCP port; default 9464, OpenTelemetry's; 0 takes any free one, told by `port`. */
  port?: number;
  /** Path of the page; default `/metrics`. */
  path?: string;
}

/**
 * Serves RED metrics for Prometheus to scrape, in the text format 0.0.4, compressed where the scraper accepts it.
 *
 * The server does not keep the event loop alive. There is no authentication: listen on `127.0.0.1` where the network is not
 * trusted. Errors of `start`: PORT_IN_USE, MISSING_CAPABILITY (a port below 1024), INVALID_OPTION (an address that is not ours).
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
  readonly #metrics: RedMetrics;
  readonly #format = new TextFormat();
  readonly #server: Server;
  readonly #lifecycle: Lifecycle;
  #scrapes = 0;
  #failedScrapes = 0;

  constructor(options: PrometheusExporterOptions = {}) {
    this.#host = options.host ?? '0.0.0.0';
    this.#wantedPort = checkedPort(options.port ?? 9464);
    this.#path = options.path ?? '/metrics';
    if (!this.#path.startsWith('/')) throw new BeylaError('INVALID_OPTION', 'prometheus path must begin with a slash');
    this.#metrics = new RedMetrics(options);
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.unref();
    // An accept that fails (no file descriptors left) must not become an uncaught exception of the host.
    this.#server.on('error', (error) => diag.debug('prometheus: the server reported an error', error));
    this.#server.on('connection', (socket) => socket.unref());
    this.#lifecycle = new Lifecycle(this.name, () => this.#stop());
  }

  /** The port it listens on; undefined before the start and after the close. */
  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port;
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
    return { ...this.#metrics.stats(), scrapes: this.#scrapes, failed_scrapes: this.#failedScrapes };
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
    const path = request.url?.split('?', 1)[0];
    if (path !== this.#path) {
      sendPlain(response, 404, `Metrics are at ${this.#path}\n`);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendPlain(response, 405, 'Only GET and HEAD\n');
      return;
    }
    this.#scrapes += 1;
    response.setHeader('content-type', TEXT_FORMAT);
    response.setHeader('vary', 'accept-encoding');
    if (request.method === 'HEAD') response.end();
    else this.#sendPage(request, response).catch((error: unknown) => this.#fail(response, error));
  }

  async #sendPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = Readable.from(paced(this.#format.write(this.#metrics.services())));
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

/** A page of many thousand series takes a while: the host's event loop turns between its pieces. */
async function* paced(pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece;
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

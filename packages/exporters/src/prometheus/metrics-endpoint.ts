import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { BeylaError } from '@beyla/core';
import { diag } from '@opentelemetry/api';
import type { Sample } from '../internal/internal-metric.ts';
import { acceptsGzip } from './accepts-gzip.ts';
import { type BasicAuth, basicAuthCheck } from './basic-auth.ts';
import { createMetricsServer, type ServerTls } from './metrics-server.ts';
import { MEDIA_TYPES, preferredFormat, type ScrapeFormat } from './page-format.ts';

/** Where to listen, and who may read. */
export interface EndpointOptions {
  readonly host?: string;
  readonly port: number;
  readonly tls?: ServerTls;
  readonly basicAuth?: BasicAuth;
}

/** What is at a path. */
export interface ScrapePage {
  readonly path: string;
  readonly hasProtobuf: boolean;
  /** Undefined: there is nothing yet. */
  write(format: ScrapeFormat): Iterable<string | Uint8Array> | undefined;
}

/** Serves pages of metrics over HTTP: negotiates format and compression, asks for a password, counts. */
export class MetricsEndpoint {
  readonly host: string;
  readonly #wantedPort: number;
  readonly #pages: readonly ScrapePage[];
  readonly #server: Server;
  readonly #isAllowed: (authorization: string | undefined) => boolean;
  readonly #scrapes = new Map<string, number>();
  #failed = 0;
  #refused = 0;

  /** @throws BeylaError `INVALID_OPTION`. */
  constructor({ host = '0.0.0.0', port, tls, basicAuth }: EndpointOptions, pages: readonly ScrapePage[]) {
    this.host = host;
    this.#wantedPort = checkedPort(port);
    for (const { path } of pages) {
      if (!path.startsWith('/')) throw new BeylaError('INVALID_OPTION', 'prometheus path must begin with a slash');
    }
    this.#pages = pages;
    this.#isAllowed = basicAuth === undefined ? () => true : basicAuthCheck(basicAuth);
    this.#server = createMetricsServer(tls, (request, response) => this.#answer(request, response));
  }

  /** The port it listens on; undefined before `listen()` and after `stop()`. */
  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port;
  }

  /** Scrapes by port and path. */
  get requests(): Sample[] {
    const port = this.port ?? this.#wantedPort;
    return this.#pages.map(({ path }) => [{ port, path }, this.#scrapes.get(path) ?? 0]);
  }

  /** `scrapes` are those of the first page. */
  stats(): { scrapes: number; failed_scrapes: number; refused_scrapes: number } {
    const scrapes = this.#scrapes.get(this.#pages[0]?.path ?? '') ?? 0;
    return { scrapes, failed_scrapes: this.#failed, refused_scrapes: this.#refused };
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(this.#listenError(error));
      this.#server.once('error', onError);
      this.#server.listen(this.#wantedPort, this.host, () => {
        this.#server.removeListener('error', onError);
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #listenError(cause: NodeJS.ErrnoException): BeylaError {
    const place = `${this.host}:${this.#wantedPort}`;
    if (cause.code === 'EADDRINUSE') return new BeylaError('PORT_IN_USE', `port ${place} is in use`, { cause });
    if (cause.code === 'EACCES') {
      return new BeylaError('MISSING_CAPABILITY', `listening on ${place} needs CAP_NET_BIND_SERVICE`, { cause });
    }
    return new BeylaError('INVALID_OPTION', `cannot listen on ${place}: ${cause.message}`, {
      cause,
      cure: 'Give `host` an address of this machine.',
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isAllowed(request.headers.authorization)) {
      this.#refused += 1;
      response.setHeader('www-authenticate', 'Basic realm="metrics", charset="UTF-8"');
      sendPlain(response, 401, 'Name and password, please\n');
      return;
    }
    const path = request.url?.split('?', 1)[0];
    const page = this.#pages.find((candidate) => candidate.path === path);
    const format = preferredFormat(request.headers.accept, page?.hasProtobuf);
    const pieces = page?.write(format);
    if (page === undefined || pieces === undefined) {
      sendPlain(response, 404, `Metrics are at ${this.#pages[0]?.path}\n`);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendPlain(response, 405, 'Only GET and HEAD\n');
      return;
    }
    this.#scrapes.set(page.path, (this.#scrapes.get(page.path) ?? 0) + 1);
    response.setHeader('content-type', MEDIA_TYPES[format]);
    response.setHeader('vary', 'accept, accept-encoding');
    if (request.method === 'HEAD') response.end();
    else this.#sendPage(request, response, pieces).catch((error: unknown) => this.#fail(response, error));
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
    this.#failed += 1;
    diag.debug('prometheus: a scrape failed', error);
    response.destroy();
  }
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

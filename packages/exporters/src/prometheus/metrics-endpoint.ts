import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BeylaError } from '@beyla/core';
import { diag } from '@opentelemetry/api';
import type { Sample } from '../internal/internal-metric.ts';
import { acceptsGzip } from './accepts-gzip.ts';
import { type BasicAuth, basicAuthCheck } from './basic-auth.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { createMetricsServer, type ServerTls } from './metrics-server.ts';
import { paced } from './paced.ts';
import { MEDIA_TYPES, preferredFormat, type ScrapeFormat } from './page-format.ts';
import { type PageSnapshot, PageSnapshots, type Pieces } from './page-snapshots.ts';

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
  write(format: ScrapeFormat): Pieces | undefined;
}

/** What strangers may take of the host. */
export interface EndpointLimits {
  /** Connections at once; each is a file descriptor. */
  readonly connections: number;
  /** Longest time in which a page has to be read. */
  readonly readMs: number;
}

const LIMITS: EndpointLimits = { connections: 128, readMs: 30_000 };
/** What is under way to one reader at a time; the rest is in the page, which is shared. */
const SLICE_BYTES = 64 * 1024;

/** Serves pages of metrics over HTTP: negotiates format and compression, asks for a password, counts. */
export class MetricsEndpoint {
  readonly host: string;
  readonly #wantedPort: number;
  readonly #pages: readonly ScrapePage[];
  readonly #server: Server;
  readonly #isAllowed: (authorization: string | undefined) => boolean;
  readonly #connections: ConnectionLimit;
  readonly #readMs: number;
  readonly #snapshots = new PageSnapshots();
  readonly #scrapes = new Map<string, number>();
  #failed = 0;
  #refused = 0;

  /** @throws BeylaError `INVALID_OPTION`. */
  constructor(
    { host = '0.0.0.0', port, tls, basicAuth }: EndpointOptions,
    pages: readonly ScrapePage[],
    limits: EndpointLimits = LIMITS,
  ) {
    this.host = host;
    this.#wantedPort = checkedPort(port);
    for (const { path } of pages) {
      if (!path.startsWith('/')) throw new BeylaError('INVALID_OPTION', 'prometheus path must begin with a slash');
    }
    this.#pages = pages;
    this.#isAllowed = basicAuth === undefined ? () => true : basicAuthCheck(basicAuth);
    this.#readMs = limits.readMs;
    this.#server = createMetricsServer(tls, (request, response) => this.#answer(request, response));
    this.#connections = new ConnectionLimit(this.#server, limits.connections);
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
  stats(): { scrapes: number; failed_scrapes: number; refused_scrapes: number; cut_connections: number } {
    const scrapes = this.#scrapes.get(this.#pages[0]?.path ?? '') ?? 0;
    return {
      scrapes,
      failed_scrapes: this.#failed,
      refused_scrapes: this.#refused,
      cut_connections: this.#connections.cut,
    };
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
      response.setHeader('connection', 'close');
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
    const isGzip = acceptsGzip(request.headers['accept-encoding']);
    if (isGzip) response.setHeader('content-encoding', 'gzip');
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const snapshot = this.#snapshots.get(`${page.path} ${format} ${isGzip}`, pieces, isGzip);
    this.#sendPage(snapshot, response).catch((error: unknown) => this.#fail(response, error));
  }

  async #sendPage(snapshot: PageSnapshot, response: ServerResponse): Promise<void> {
    const reader = snapshot.join(() => response.destroy());
    response.once('close', () => reader.leave());
    const tooLate = setTimeout(() => response.destroy(), this.#readMs);
    tooLate.unref();
    try {
      const body = await snapshot.body;
      response.setHeader('content-length', body.length);
      await pipeline(Readable.from(paced(slices(body))), response);
    } finally {
      clearTimeout(tooLate);
    }
  }

  /** The scraper went away, or the page could not be written; what is half sent is cut off, so that it is not taken for whole. */
  #fail(response: ServerResponse, error: unknown): void {
    this.#failed += 1;
    diag.debug('prometheus: a scrape failed', error);
    response.destroy();
  }
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) yield body.subarray(at, at + SLICE_BYTES);
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

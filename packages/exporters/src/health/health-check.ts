import { lstat, unlink } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { BeylaError, type Exporter, type Health, type InternalSource, Lifecycle } from '@beyla/core';
import { ConnectionLimit } from '../prometheus/connection-limit.ts';
import { createMetricsServer } from '../prometheus/metrics-server.ts';

/**
 * Where a `HealthCheck` listens: a TCP port, or a socket.
 *
 * @public
 */
export interface HealthCheckOptions {
  /** Address to listen on; default `127.0.0.1`. */
  host?: string;
  /** TCP port; 0 takes any free one, told by `port`. There must be this or `socketPath`. */
  port?: number;
  /** Path of a Unix socket, or `@name` for an abstract one; wins over `port`. */
  socketPath?: string;
}

const PATH = '/healthz';
/** Connections at once; each is a file descriptor of the host. */
const MOST_CONNECTIONS = 64;
/** Where nobody told it whom to ask. */
const UNKNOWN: Health = { status: 'starting', messages: ['It is not part of a running Beyla yet.'] };
/** These do their job, if with a loss that has a name. */
const WORKING: ReadonlySet<Health['status']> = new Set(['healthy', 'degraded']);

/**
 * Answers `GET /healthz`, for supervisors and probes: 200 while Beyla does its job, 503 while it starts, when a part of it failed, and when it is
 * closed. The body is JSON as Beyla's, with `schema_version`, `now_unix_ns` and `process_uptime_ns`, and beside them `status`, `messages` (each
 * with its cure) and the health of each of the `components`.
 *
 * It takes no spans. An answer also says that the event loop of the host turns. A socket that a killed predecessor left behind is replaced. Errors
 * of `start`: PORT_IN_USE, MISSING_CAPABILITY, INVALID_OPTION.
 *
 * @example
 * ```ts
 * import { createBeyla } from '@beyla/core';
 * import { HealthCheck } from '@beyla/exporters';
 * await using beyla = await createBeyla({
 *   discovery: { instrument: [{ openPorts: '8080' }] },
 *   exporters: [new HealthCheck({ port: 8081 })],
 * });
 * ```
 *
 * @public
 */
export class HealthCheck implements Exporter {
  readonly name = 'health-check';
  readonly #server: Server;
  readonly #connections: ConnectionLimit;
  readonly #host: string;
  readonly #wantedPort: number;
  readonly #socketPath: string | undefined;
  readonly #lifecycle: Lifecycle;
  #source: InternalSource | undefined;
  #checks = 0;

  constructor(options: HealthCheckOptions) {
    const { host = '127.0.0.1', port, socketPath } = options;
    if (socketPath === undefined && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535)) {
      throw new BeylaError('INVALID_OPTION', 'a health check needs a `port` from 0 to 65535, or a `socketPath`');
    }
    this.#host = host;
    this.#wantedPort = port ?? 0;
    this.#socketPath = socketPath;
    this.#server = createMetricsServer(undefined, (request, response) => this.#answer(request, response));
    this.#connections = new ConnectionLimit(this.#server, MOST_CONNECTIONS);
    this.#lifecycle = new Lifecycle(this.name, () => this.#stop());
  }

  /** The port it listens on; undefined before the start, after the close, and on a socket. */
  get port(): number | undefined {
    const address = this.#server.address() as AddressInfo | string | null;
    return typeof address === 'object' ? address?.port : undefined;
  }

  observe(source: InternalSource): void {
    this.#source = source;
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      if (this.#socketPath?.startsWith('/') === true) await removeAbandoned(this.#socketPath);
      await this.#listen();
    });
  }

  /** Spans are not its matter. */
  export(): void {}

  async flush(): Promise<void> {}

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  stats(): Record<string, number> {
    return { checks: this.#checks, cut_connections: this.#connections.cut };
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    return { status: state === 'running' ? 'healthy' : 'starting', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { place: this.#place(), stats: this.stats() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(listenError(this.#place(), error));
      const onListening = (): void => {
        this.#server.removeListener('error', onError);
        resolve();
      };
      this.#server.once('error', onError);
      if (this.#socketPath === undefined) this.#server.listen(this.#wantedPort, this.#host, onListening);
      else this.#server.listen(this.#socketPath.replace(/^@/, '\0'), onListening);
    });
  }

  async #stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #place(): string {
    return this.#socketPath ?? `${this.#host}:${this.port ?? this.#wantedPort}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url?.split('?', 1)[0] !== PATH) send(response, 404, { error: `Health is at ${PATH}` });
    else if (request.method === 'GET' || request.method === 'HEAD') this.#tell(response);
    else {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, { error: 'Only GET and HEAD' });
    }
  }

  #tell(response: ServerResponse): void {
    this.#checks += 1;
    const { status, messages } = this.#source?.health?.() ?? UNKNOWN;
    send(response, WORKING.has(status) ? 200 : 503, {
      schema_version: 1,
      now_unix_ns: Date.now() * 1e6,
      process_uptime_ns: Math.round(process.uptime() * 1e9),
      status,
      messages,
      components: this.#source?.componentHealth?.() ?? {},
    });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.setHeader('cache-control', 'no-store');
  response.end(`${JSON.stringify(body)}\n`);
}

/** Removes a socket on which nobody listens; anything else that is there stays. */
async function removeAbandoned(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return;
  const isAbandoned = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (isAbandoned) await unlink(path).catch(() => undefined);
}

function listenError(place: string, cause: NodeJS.ErrnoException): BeylaError {
  if (cause.code === 'EADDRINUSE') return new BeylaError('PORT_IN_USE', `${place} is in use`, { cause });
  // On a socket it also stands for a folder that there is not.
  if (cause.code === 'EACCES' && !/^[/@]/.test(place)) {
    return new BeylaError('MISSING_CAPABILITY', `listening on ${place} needs CAP_NET_BIND_SERVICE`, { cause });
  }
  return new BeylaError('INVALID_OPTION', `cannot listen on ${place}: ${cause.message}`, {
    cause,
    cure: 'Give `host` an address of this machine, or `socketPath` a path in a folder that exists and that this program may write to.',
  });
}

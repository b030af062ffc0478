import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { optional } from './capability.ts';
import { freePort, runApp } from './run-app.mjs';
import type { TlsFiles } from './tls-files.mjs';

const SOURCE = fileURLToPath(new URL('../collector/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));
const SOURCES = ['go.mod', 'go.sum', 'lines.go', 'main.go'];
/** Modules are fetched, and a few hundred packages compiled: two minutes on two cores. */
export const BUILD_TIMEOUT_MS = 600_000;

const hash = createHash('sha256');
for (const name of SOURCES) hash.update(readFileSync(join(SOURCE, name)));
const BINARY = join(CACHE, `collector-${hash.digest('hex').slice(0, 12)}`);

/** A Go that fetches the version that go.mod asks for: 1.21 is the first. */
function goCommand(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = [...folders, '/usr/local/go/bin'].map((folder) => join(folder, 'go'));
  return paths.find((path) => {
    if (!existsSync(path)) return false;
    const version = execFileSync(path, ['version'], { encoding: 'utf8' });
    return Number(/\bgo1\.(\d+)/.exec(version)?.[1]) >= 21;
  });
}

/** Options of a suite that needs a Collector: one that is built already, or Go to build it. */
export const needsCollector = optional(
  existsSync(BINARY) || goCommand() !== undefined ? undefined : 'needs Go ≥ 1.21 to build the OpenTelemetry Collector',
);

/** Builds the Collector, unless these sources were built before. */
export function buildCollector(): void {
  if (existsSync(BINARY)) return;
  const go = goCommand();
  if (go === undefined) throw new Error('there is no `go` to build the OpenTelemetry Collector with');
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${BINARY}.${process.pid}`;
  execFileSync(
    go,
    ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', unfinished, '.'],
    {
      cwd: SOURCE,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: BUILD_TIMEOUT_MS,
    },
  );
  renameSync(unfinished, BINARY);
}

/** Instead of a port. */
const ON_SOCKET = 0;

/** What a Collector was told over OTLP, as its own marshaller writes it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
}

interface Line {
  resourceSpans?: { scopeSpans: { spans: CollectedSpan[] }[] }[];
  resourceMetrics?: { scopeMetrics: { metrics: CollectedMetric[] }[] }[];
}

export interface CollectedExemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly timeUnixNano: string;
  readonly asDouble: number;
}

export interface CollectedMetric {
  readonly name: string;
  readonly histogram: {
    readonly dataPoints: readonly {
      readonly count: string;
      readonly startTimeUnixNano: string;
      readonly bucketCounts: readonly string[];
      readonly exemplars?: readonly CollectedExemplar[];
    }[];
  };
  readonly exponentialHistogram?: {
    readonly dataPoints: readonly {
      readonly count: string;
      readonly scale?: number;
      readonly positive: { readonly offset?: number; readonly bucketCounts: readonly string[] };
      readonly exemplars?: readonly CollectedExemplar[];
    }[];
  };
}

/** A real OpenTelemetry Collector on two free loopback ports; it can be killed and started again. */
export class Collector {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'collector-'));
  readonly #lines = join(this.#folder, 'lines.jsonl');
  /** Where it listens if it was started by `startOnSockets`. */
  readonly grpcSocket: string = join(this.#folder, 'grpc.sock');
  readonly httpSocket: string = join(this.#folder, 'http.sock');
  #app: Awaited<ReturnType<typeof runApp>> | undefined;

  private constructor(grpcPort: number, httpPort: number, tls: TlsFiles | undefined, asksForClients: boolean) {
    this.grpcPort = grpcPort;
    this.httpPort = httpPort;
    const client = asksForClients ? `, client_ca_file: ${tls?.ca}` : '';
    const security = tls === undefined ? '' : `, tls: { cert_file: ${tls.cert}, key_file: ${tls.key}${client} }`;
    const place = (port: number, socket: string): string =>
      port === ON_SOCKET ? `endpoint: ${socket}, transport: unix` : `endpoint: "127.0.0.1:${port}"`;
    writeFileSync(
      join(this.#folder, 'config.yaml'),
      `receivers:
  otlp:
    protocols:
      grpc: { ${place(grpcPort, this.grpcSocket)}${security} }
      http: { ${place(httpPort, this.httpSocket)}${security} }
exporters: { lines: { path: ${this.#lines} } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [lines] }
    metrics: { receivers: [otlp], exporters: [lines] }
`,
    );
  }

  /** With `tls` it speaks https only; with `asksForClients` only to clients with a certificate of the same authority. */
  static async start(tls?: TlsFiles, asksForClients = false): Promise<Collector> {
    const collector = new Collector(await freePort(), await freePort(), tls, asksForClients);
    await collector.restart();
    return collector;
  }

  /** It listens on Unix sockets only. */
  static async startOnSockets(): Promise<Collector> {
    const collector = new Collector(ON_SOCKET, ON_SOCKET, undefined, false);
    await collector.restart();
    return collector;
  }

  async restart(): Promise<void> {
    this.#app = await runApp('collector', BINARY, ['--config', join(this.#folder, 'config.yaml')], {
      ready: /Everything is ready/,
      on: 'stderr',
      port: this.grpcPort,
    });
  }

  /** SIGKILL: no good-bye to clients, nothing flushed. */
  async kill(): Promise<void> {
    this.#app?.child.kill('SIGKILL');
    await this.#app?.stop();
    // A line that was being written is cut; the next one must not follow it.
    appendFileSync(this.#lines, '\n');
  }

  get spans(): CollectedSpan[] {
    const groups = this.#read().flatMap((line) => line.resourceSpans ?? []);
    return groups.flatMap((group) => group.scopeSpans.flatMap((scoped) => scoped.spans));
  }

  get metrics(): CollectedMetric[] {
    const groups = this.#read().flatMap((line) => line.resourceMetrics ?? []);
    return groups.flatMap((group) => group.scopeMetrics.flatMap((scoped) => scoped.metrics));
  }

  async stop(): Promise<void> {
    await this.#app?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(): Line[] {
    return readFileSync(this.#lines, 'utf8').split('\n').flatMap(parsed);
  }
}

/** A line that was cut by the kill was not answered: its spans are not taken. */
function parsed(line: string): Line[] {
  try {
    return [JSON.parse(line) as Line];
  } catch {
    return [];
  }
}

import { setImmediate } from 'node:timers/promises';
import { diag } from '@opentelemetry/api';
import { EventEmitter } from 'eventemitter3';
import type { BeylaStats, InternalSource } from './beyla-stats.ts';
import type { Health } from './component.ts';
import { markExportedSignals } from './decorators/exported-signals.ts';
import { RouteDecorator } from './decorators/route-decorator.ts';
import { type Drops, dropsOf } from './drops.ts';
import { BeylaError } from './errors.ts';
import type { LifecycleSink } from './events/event-sink.ts';
import { combineHealth } from './health.ts';
import { Interpreter } from './interpreter.ts';
import type { BpfMapFill } from './kernel/map-fill.ts';
import type { RecordSource } from './kernel/record-source.ts';
import { Tracer } from './kernel/tracer.ts';
import { Lifecycle } from './lifecycle.ts';
import type { BeylaOptions } from './options/options.ts';
import { type ResolvedOptions, resolveOptions } from './options/resolve-options.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { Discovery } from './processes/discovery.ts';
import type { ProcessInfo } from './processes/process.ts';
import { ProcessRegistry } from './processes/process-registry.ts';
import { RecordingSource } from './recording/recording-source.ts';
import { RecordingWriter } from './recording/recording-writer.ts';
import { SamplerDecorator } from './sampling/sampler-decorator.ts';
import type { RequestSpan } from './spans/span.ts';

/**
 * What a `Beyla` emits. Listeners run on the event loop between batches; one that throws is reported through `diag`.
 *
 * @public
 */
export interface BeylaEvents {
  /** Spans after decoration and processors, as the exporters get them. The array is reused: copy it to keep it. */
  span: [spans: readonly RequestSpan[]];
  /** A selected process appeared or ended. */
  process: [change: { readonly type: 'started' | 'ended'; readonly process: ProcessInfo }];
  /** Requests were lost since the last such event; at most once a second for each reason. */
  drop: [drop: { readonly reason: string; readonly count: number }];
  /** Something failed that does not end the work: a processor, an exporter, a read. */
  error: [error: Error];
  /** The health changed. */
  health: [health: Health];
}

const REPORT_INTERVAL_MS = 1000;

/**
 * Watches the processes that `discovery` selects and turns their requests into spans for processors and exporters.
 *
 * Needs what `Tracer` needs, or `replayFrom`. Everything it opened is gone after `close()`; it keeps no global state and does not keep
 * the event loop alive by itself.
 *
 * @throws BeylaError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_PORT_RANGE`, `INVALID_PATTERN` for options; what `Tracer` throws;
 * `PORT_IN_USE` and others from exporters; `RECORDING_INVALID`.
 *
 * @example
 * ```ts
 * import { createBeyla } from '@beyla/core';
 *
 * await using beyla = await createBeyla({ discovery: { instrument: [{ openPorts: '8080' }] } });
 * beyla.on('span', (spans) => {
 *   for (const span of spans) console.log(span.kind, span.path, (span.endNs - span.startNs) / 1e6, 'ms');
 * });
 * ```
 *
 * @public
 */
export async function createBeyla(options: BeylaOptions): Promise<Beyla> {
  const beyla = new Beyla(resolveOptions(options));
  await beyla.start(options.signal);
  return beyla;
}

/**
 * A running instrumentation; made by `createBeyla`.
 *
 * @public
 */
export class Beyla extends EventEmitter<BeylaEvents> implements AsyncDisposable, InternalSource {
  // A child born a moment ago becomes known by being asked for.
  readonly #processes = new ProcessRegistry((pid) => this.#discovery?.processOf(pid));
  readonly #source: RecordSource;
  readonly #discovery: Discovery | undefined;
  readonly #interpreter: Interpreter;
  readonly #routes: RouteDecorator;
  readonly #sampler: SamplerDecorator;
  readonly #pipeline: Pipeline;
  readonly #recorder: RecordingWriter | undefined;
  readonly #lifecycle = new Lifecycle('beyla', () => this.#release());
  #reporting: NodeJS.Timeout | undefined;
  #pumping: Promise<void> = Promise.resolve();
  #unannounced: BeylaEvents['process'][0][] | undefined = [];
  #isStopping = false;
  #failure: string | undefined;
  #reportedDrops: Drops = {};
  #reportedHealth = '';

  /** @internal */
  constructor(options: ResolvedOptions) {
    super();
    // The arrow of ARCHITECTURE.md, left to right.
    this.#source =
      options.replayFrom === undefined
        ? new Tracer(options.tracer)
        : new RecordingSource(options.replayFrom, {
            started: (process) => this.#processStarted(process),
            ended: (pid) => this.#processEnded(this.#processes.get(pid)),
          });
    this.#discovery =
      options.replayFrom === undefined ? new Discovery(options.discovery, { sink: this.#source }) : undefined;
    this.#interpreter = new Interpreter({
      processOf: (pid) => this.#processes.get(pid),
      clock: this.#source.clock,
      verdicts: this.#source,
      probe: () => this.#source.probe,
      lifecycle: this.#discovery === undefined ? undefined : hintsOf(this.#discovery, this.#source),
      maxConnections: options.tracer.maxConnections,
      trustedProxies: options.trustedProxies,
    });
    this.#routes = new RouteDecorator(options.routes);
    this.#sampler = new SamplerDecorator(options.sampler);
    this.#pipeline = new Pipeline({
      processors: [this.#routes.process, markExportedSignals, this.#sampler.process, ...options.processors, this.#tell],
      exporters: options.exporters,
      // Once to deliver what is queued, and once to close.
      timeoutMs: options.shutdownTimeoutMs / 2,
      onError: (error, source) => this.#fail(error, source),
    });
    for (const exporter of options.exporters) exporter.observe?.(this);
    this.#recorder =
      options.recordTo === undefined
        ? undefined
        : new RecordingWriter(options.recordTo, this.#source, { keepsPaths: options.recordPaths });
  }

  /** @internal */
  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      // Back to front, so that nothing is produced before there is somebody to take it.
      await this.#pipeline.start();
      await this.#source.start();
      await this.#recorder?.start();
      this.#discovery?.on('process', ({ type, process }) => {
        if (type === 'started') this.#processStarted(process);
        else this.#processEnded(process);
      });
      await this.#discovery?.start();
      // Whoever called createBeyla gets to listen before it is told what runs already and what happens.
      this.#pumping = setImmediate().then(() => {
        this.#announce();
        return this.#pump();
      });
      this.#reporting = setInterval(() => this.#report(), REPORT_INTERVAL_MS).unref();
    });
  }

  /** Which source delivers: `sock_length`, `syscall` or `recording`. */
  get source(): string {
    return this.#source.source;
  }

  /** The selected processes. */
  get processes(): readonly ProcessInfo[] {
    return this.#processes.current();
  }

  /** Resolves when nothing more comes: at the end of a recording, after `close()`, or when the stream of events failed. */
  get finished(): Promise<void> {
    return this.#pumping;
  }

  /** Takes what the ring still holds, delivers it, and releases everything. Idempotent. */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The worst of the parts, with all their messages. */
  health(): Health {
    if (this.#lifecycle.state === 'closed') return { status: 'closed', messages: [] };
    const health = combineHealth(Object.values(this.componentHealth()));
    if (this.#failure === undefined) return health;
    return { status: 'unhealthy', messages: [this.#failure, ...health.messages] };
  }

  /** What each part says of itself, by its name; the pipeline speaks for the exporters. */
  componentHealth(): Readonly<Record<string, Health>> {
    const parts = [this.#source, this.#discovery, this.#routes, this.#pipeline, this.#recorder];
    return Object.fromEntries(parts.flatMap((part) => (part === undefined ? [] : [[part.name, part.health()]])));
  }

  stats(): BeylaStats {
    return {
      source: this.#source.counters(),
      cost: this.#source instanceof Tracer ? this.#source.cost() : undefined,
      interpreter: this.#interpreter.stats(),
      discovery: this.#discovery?.stats() ?? {},
      pipeline: this.#pipeline.stats(),
      drops: this.#drops(),
    };
  }

  /** How full the BPF maps are; keys are counted at most every 15 s. Empty for a recording. */
  mapFill(): readonly BpfMapFill[] {
    return this.#source instanceof Tracer ? this.#source.mapFill() : [];
  }

  /** For people: what every part says of itself. */
  debugInfo(): Record<string, unknown> {
    const parts = [this.#source, this.#discovery, this.#routes, this.#sampler, this.#pipeline, this.#recorder];
    return Object.fromEntries(parts.flatMap((part) => (part === undefined ? [] : [[part.name, part.debugInfo()]])));
  }

  async #pump(): Promise<void> {
    try {
      for await (const batch of this.#source) {
        // Read before the batch is handled: what is drained after the stop is the last batch.
        const isLast = this.#isStopping;
        this.#recorder?.batch(batch);
        const spans = this.#interpreter.interpret(batch);
        if (spans.length > 0) this.#pipeline.push(spans);
        if (isLast) break;
      }
    } catch (error) {
      this.#failure = `the stream of events ended: ${error instanceof Error ? error.message : String(error)}`;
      this.#fail(error, this.#source.name);
    }
  }

  /** The last processor: what it sees is what the exporters get. */
  readonly #tell = (spans: RequestSpan[]): RequestSpan[] => {
    if (spans.length > 0) this.#emitSafely('span', spans);
    return spans;
  };

  #processStarted(process: ProcessInfo): void {
    this.#processes.add(process);
    this.#recorder?.processStarted(process);
    this.#pipeline.processStarted(process);
    this.#tellProcess({ type: 'started', process });
  }

  #processEnded(process: ProcessInfo | undefined): void {
    if (process === undefined) return;
    this.#processes.end(process);
    this.#recorder?.processEnded(process);
    this.#pipeline.processEnded(process);
    this.#tellProcess({ type: 'ended', process });
  }

  #tellProcess(change: BeylaEvents['process'][0]): void {
    if (this.#unannounced === undefined) this.#emitSafely('process', change);
    else this.#unannounced.push(change);
  }

  #announce(): void {
    const changes = this.#unannounced ?? [];
    this.#unannounced = undefined;
    for (const change of changes) this.#emitSafely('process', change);
  }

  #report(): void {
    this.#reportDrops();
    const health = this.health();
    const summary = JSON.stringify(health);
    if (summary !== this.#reportedHealth) this.#emitSafely('health', health);
    this.#reportedHealth = summary;
    this.#processes.sweep();
  }

  #reportDrops(): void {
    const drops = this.#drops();
    for (const [reason, total] of Object.entries(drops)) {
      const count = total - (this.#reportedDrops[reason] ?? 0);
      if (count > 0) this.#emitSafely('drop', { reason, count });
    }
    this.#reportedDrops = drops;
  }

  #drops(): Drops {
    return dropsOf(this.#source.counters(), this.#interpreter.drops(), this.#pipeline.stats().dropped);
  }

  #fail(error: unknown, source: string): void {
    diag.error(`beyla: ${source} failed`, error);
    const cause = error instanceof Error ? error : new Error(String(error));
    // Without a listener eventemitter3 ignores it; diag has it in any case.
    this.#emitSafely(
      'error',
      cause instanceof BeylaError ? cause : new Error(`${source}: ${cause.message}`, { cause }),
    );
  }

  #emitSafely<E extends keyof BeylaEvents>(event: E, ...args: BeylaEvents[E]): void {
    try {
      this.emit(event, ...(args as Parameters<EventEmitter.EventListener<BeylaEvents, E>>));
    } catch (error) {
      diag.error(`beyla: a listener of '${event}' threw`, error);
    }
  }

  async #release(): Promise<void> {
    clearInterval(this.#reporting);
    this.#isStopping = true;
    this.#source.wake();
    await this.#pumping;
    this.#report();
    await this.#discovery?.close();
    await this.#source.close();
    await this.#recorder?.close();
    await this.#pipeline.close();
    // What the exporters could not deliver in time.
    this.#reportDrops();
  }
}

function hintsOf(discovery: Discovery, source: RecordSource): LifecycleSink {
  return {
    onExec: ({ pid, executable, isSelected }) => discovery.hintExec(pid, executable, isSelected),
    onFork: ({ parent, pid }) => discovery.hintFork(parent, pid),
    onExit: ({ pid }) => discovery.hintExit(pid),
    onListen: ({ pid, port, netns, isSelected }) => discovery.hintListen(pid, port, netns, isSelected),
    onUnclaimed: ({ port }) => discovery.hintUnclaimed(port),
    onTls: ({ pid }) => source.speaksTls(pid),
    onLoaded: ({ pid, ns }) => source.loadsLibraries(pid, ns),
    onUnseen: () => source.readsUnseen(),
  };
}

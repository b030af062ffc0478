import { setImmediate } from 'node:timers/promises';
import type { LinkHandle, RingHandle } from '@beyla/native';
import { diag } from '@opentelemetry/api';
import type { Health } from '../component.ts';
import type { TurnProbe } from '../connections/turn-probe.ts';
import { BeylaError } from '../errors.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { TracerOptions } from '../options/options.ts';
import type { ListeningPort } from '../processes/listening-port.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { ExecutableDecision, SelectionRules } from '../processes/process-sink.ts';
import { ProcFs } from '../processes/procfs.ts';
import { Clock } from '../spans/clock.ts';
import { TapManager } from '../taps/tap-manager.ts';
import { loadNative, type Native } from './binding.ts';
import type { EventBatch } from './event-batch.ts';
import { IdleConnections } from './idle-connections.ts';
import { ioUringTrouble } from './io-uring-trouble.ts';
import { readKernelCounters } from './kernel-counters.ts';
import { KernelProbes } from './kernel-probes.ts';
import { KernelTurnProbe } from './kernel-turn-probe.ts';
import { type BpfMapFill, ringFillOf } from './map-fill.ts';
import { type KernelOptions, type OpenedKernel, openKernel } from './open-kernel.ts';
import { OverloadTroubles } from './overload-troubles.ts';
import { Pacemaker } from './pacemaker.ts';
import { PidTable } from './pid-table.ts';
import { PortTable } from './port-table.ts';
import type { RecordSource } from './record-source.ts';
import { recursionMisses, recursionTrouble } from './recursion.ts';
import { SelectionTable } from './selection-table.ts';
import { unfollowedTroubles } from './unfollowed-troubles.ts';
import { VerdictTable } from './verdict-table.ts';

const TAPS = { openssl: true, goTls: true, rustls: true } as const;
const DEFAULTS = {
  source: 'auto',
  maxConnections: 4096,
  ringBytes: 4 << 20,
  captureBytes: 512,
  headBytes: 16_384,
  drainIntervalMs: 10,
  idleIntervalMs: 200,
  batchBytes: 1 << 20,
  statistics: false,
} as const;

/** While nothing is said on any connection the ring is looked at less and less often. */
const IDLE_INTERVAL_MS = 50;
/** The wall clock is slewed: the pairing is renewed at this interval, and at once where it was set. */
const CLOCK_INTERVAL_NS = 10e9;

/** Counting the keys of full maps takes some milliseconds; as often as Beyla does. */
const FILL_INTERVAL_MS = 15_000;

/** As large as the ring of that name (bpf/maps.h). */
const LIFECYCLE_BYTES = 128 << 10;

interface Batch {
  readonly bytes: Uint8Array;
  length: number;
  nowNs: number;
}

interface Opened {
  readonly native: Native;
  readonly kernel: OpenedKernel;
  readonly ring: RingHandle;
  readonly lifecycle: RingHandle;
  readonly pids: PidTable;
  readonly ports: PortTable;
  readonly selection: SelectionTable;
  readonly verdicts: VerdictTable;
  readonly probe: KernelTurnProbe;
  readonly idle: IdleConnections;
  readonly taps: TapManager;
}

/**
 * Runs and cost of a BPF program.
 *
 * @public
 */
export interface ProgramCost {
  /** The kernel's number of it. */
  readonly id: number;
  /** What it hangs on: `tp_btf`, `uprobe`. */
  readonly type: string;
  readonly runCount: number;
  readonly runTimeNs: number;
  /** Runs that the kernel left out, because the program was interrupted on its CPU by what would have run it again (kernel ≥ 5.12). */
  readonly recursionMisses: number;
  /** Instructions that the verifier looked at when it was loaded. */
  readonly verifiedInstructions: number;
}

/**
 * What the BPF side costs, as the kernel counts it while `kernel.bpf_stats_enabled` is 1 or the option `statistics` is set.
 *
 * @public
 */
export interface TracerCost {
  /** Times a program ran, and for how long in nanoseconds, by program name; all zero while statistics are off. */
  readonly programs: Readonly<Record<string, ProgramCost>>;
  /** Kernel memory of all maps in bytes. */
  readonly mapBytes: number;
}

/**
 * Loads the BPF programs and yields what they report about the processes it is told to select.
 *
 * Needs Linux ≥ 5.10 with BTF on x86-64, and CAP_BPF + CAP_PERFMON or CAP_SYS_ADMIN. The kernel side lives until `close()`, or
 * until the process ends in whatever way. One consumer at a time; a slow one is waited for, and what the ring cannot hold
 * meanwhile is dropped and counted in the kernel.
 *
 * @throws BeylaError from `start`: `UNSUPPORTED_PLATFORM`, `NATIVE_MISSING`, `NO_BTF`, `MISSING_CAPABILITY`, `SOURCE_UNAVAILABLE`,
 * `BPF_OBJECT_MISSING`, `BPF_LOAD_FAILED`, `BPF_ATTACH_FAILED`.
 *
 * @example
 * ```ts
 * import { Tracer } from '@beyla/core';
 * await using tracer = new Tracer({ source: 'auto' });
 * await tracer.start();
 * for await (const batch of tracer) {
 *   console.log(`${batch.length} bytes of records`);
 *   break;
 * }
 * ```
 *
 * @public
 */
export class Tracer implements RecordSource {
  readonly name = 'tracer';
  readonly clock: Clock = new Clock(0n, 0n);
  readonly probe: TurnProbe = {
    read: (sockLow, sockHigh, direction, out) => this.#opened?.probe.read(sockLow, sockHigh, direction, out) ?? false,
  };
  readonly #options: KernelOptions;
  readonly #lifecycle: Lifecycle;
  readonly #overloads = new OverloadTroubles();
  readonly #pacemaker = new Pacemaker();
  readonly #turns: Batch;
  readonly #lifecycles: Batch = { bytes: new Uint8Array(LIFECYCLE_BYTES), length: 0, nowNs: 0 };
  #opened: Opened | undefined;
  #finalCounters: Readonly<Record<string, number>> = {};
  #anchoredNs = 0;
  #statistics: LinkHandle | undefined;
  #fill: readonly BpfMapFill[] | undefined;
  #filledMs = 0;
  #idleMs: number = IDLE_INTERVAL_MS;
  #pidsRefused = 0;
  #portsRefused = 0;

  constructor(options: TracerOptions = {}) {
    this.#options = { ...DEFAULTS, ...options, taps: { ...TAPS, ...options.taps } };
    this.#lifecycle = new Lifecycle(this.name, () => this.#release());
    this.#turns = { bytes: new Uint8Array(this.#options.batchBytes), length: 0, nowNs: 0 };
  }

  /** The source in use once started, else the one asked for. */
  get source(): string {
    return this.#opened?.kernel.source.name ?? this.#options.source;
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      const native = loadNative();
      const kernel = await openKernel(native, this.#options);
      const { pids, ports, verdicts, connections, ring, lifecycle } = kernel.maps;
      try {
        const opened = {
          native,
          kernel,
          ring: native.openRing(ring),
          lifecycle: native.openRing(lifecycle),
          pids: new PidTable(native, pids, kernel.canPidsCollide ? kernel.maps.pid_owners : undefined),
          ports: new PortTable(native, ports),
          selection: new SelectionTable(native, kernel.maps),
          verdicts: new VerdictTable(native, verdicts),
          probe: new KernelTurnProbe(native, connections),
          idle: new IdleConnections(native, kernel.maps, this.#options.maxConnections),
          taps: new TapManager({
            proc: new ProcFs(),
            attacher: new KernelProbes(native, kernel.taps, kernel.maps.tap_runtimes),
            options: this.#options.taps,
            nowNs: () => Number(native.monotonicNs()),
          }),
        };
        native.watchRing(opened.ring, this.#pacemaker.wake);
        native.watchRing(opened.lifecycle, this.#pacemaker.wake);
        this.#opened = opened;
        this.#statistics = this.#options.statistics ? enabledStatistics(native) : undefined;
      } catch (error) {
        await kernel.close();
        throw error;
      }
    });
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventBatch, void, void> {
    while (this.#opened !== undefined) {
      this.#drain(this.#opened);
      if (this.#lifecycles.length > 0) yield this.#lifecycles;
      yield this.#turns;
      if (this.#turns.length > this.#turns.bytes.length / 2) await setImmediate();
      else await this.#pacemaker.wait(this.#nextIntervalMs());
    }
  }

  select(process: ProcessInfo, ports: readonly ListeningPort[]): void {
    if (!this.#running.pids.add(process.pid)) this.#pidsRefused += 1;
    for (const port of ports) this.#addPort(process, port);
    this.#running.taps.select(process);
  }

  setRules(rules: SelectionRules): void {
    this.#running.selection.setRules(rules);
  }

  decide(id: string, decision: ExecutableDecision | undefined): void {
    this.#opened?.selection.decide(id, decision);
  }

  addPort(process: ProcessInfo, port: ListeningPort): void {
    this.#addPort(process, port);
    this.#running.taps.refresh(process.pid);
  }

  removePort(process: ProcessInfo, port: ListeningPort): void {
    this.#opened?.ports.remove(process.pid, port);
  }

  compared(): void {
    this.#opened?.ports.sweep();
  }

  deselect(process: ProcessInfo): void {
    const opened = this.#opened;
    opened?.pids.remove(process.pid);
    opened?.ports.removeProcess(process.pid);
    opened?.taps.deselect(process.pid);
  }

  speaksTls(pid: number): void {
    this.#opened?.taps.speaksTls(pid);
  }

  loadsLibraries(pid: number, ns: number): void {
    this.#opened?.taps.loadsLibraries(pid, ns);
  }

  readsUnseen(): void {
    this.#opened?.kernel.attachSplice();
  }

  setVerdict(connection: number, verdict: 'turns' | 'stream' | 'ignore'): void {
    this.#opened?.verdicts.set(connection, verdict);
  }

  wake(): void {
    this.#pacemaker.wake();
  }

  counters(): Readonly<Record<string, number>> {
    const opened = this.#opened;
    if (opened === undefined) return this.#finalCounters;
    return {
      ...readKernelCounters(opened.native, opened.kernel.maps.counters),
      recursion_misses: recursionMisses(opened.kernel.objects),
      connections_evicted: opened.idle.evicted,
      ...opened.taps.stats(),
    };
  }

  /** What the kernel side costs. Empty when not started. */
  cost(): TracerCost {
    const objects = this.#opened?.kernel.objects ?? [];
    const programs: Record<string, ProgramCost> = {};
    const mapBytes = new Map<number, number>();
    for (const object of objects) {
      for (const {
        name,
        id,
        section,
        runCount,
        runTimeNs,
        recursionMisses,
        verifiedInstructions,
      } of object.programs()) {
        const type = section.split('/', 1)[0] ?? section;
        programs[name] = { id, type, runCount, runTimeNs, recursionMisses, verifiedInstructions };
      }
      for (const { id, memoryBytes } of object.maps()) mapBytes.set(id, memoryBytes);
    }
    return { programs, mapBytes: [...mapBytes.values()].reduce((sum, bytes) => sum + bytes, 0) };
  }

  /** How full the maps are; keys are counted at most every 15 s. Empty when not started. */
  mapFill(): readonly BpfMapFill[] {
    const opened = this.#opened;
    if (opened === undefined) return [];
    const { native, kernel, ring, lifecycle } = opened;
    const nowMs = performance.now();
    if (this.#fill === undefined || nowMs - this.#filledMs > FILL_INTERVAL_MS) {
      this.#filledMs = nowMs;
      const byId = new Map(kernel.objects.flatMap((object) => object.fill()).map((fill) => [fill.id, fill]));
      this.#fill = [...byId.values()];
    }
    const rings = [
      ringFillOf(native, ring, native.mapInfo(kernel.maps.ring)),
      ringFillOf(native, lifecycle, native.mapInfo(kernel.maps.lifecycle)),
    ];
    return [...this.#fill.filter(({ type }) => type !== 'ringbuf'), ...rings];
  }

  health(): Health {
    if (this.#lifecycle.state === 'closed') return { status: 'closed', messages: [] };
    const opened = this.#opened;
    if (opened === undefined) return { status: 'starting', messages: [] };
    const messages: string[] = [];
    const { caution } = opened.kernel.source;
    if (caution !== undefined) messages.push(caution);
    const counters = this.counters();
    const ioUring = ioUringTrouble(opened.kernel, counters);
    if (ioUring !== undefined) messages.push(ioUring);
    messages.push(...this.#overloads.of(counters, this.#options.maxConnections));
    const recursion = recursionTrouble(counters);
    if (recursion !== undefined) messages.push(recursion);
    if (this.#pidsRefused + (counters['pids_full'] ?? 0) > 0)
      messages.push('processes could not be selected: too many');
    if (this.#portsRefused + (counters['ports_full'] ?? 0) > 0)
      messages.push('more than 4096 listening ports selected');
    messages.push(...unfollowedTroubles(counters), ...opened.taps.messages());
    return { status: messages.length > 0 ? 'degraded' : 'healthy', messages };
  }

  debugInfo(): Record<string, unknown> {
    return {
      source: this.source,
      options: { ...this.#options },
      counters: this.counters(),
      cost: this.cost(),
      taps: this.#opened?.taps.debugInfo(),
    };
  }

  #addPort(process: ProcessInfo, port: ListeningPort): void {
    if (!this.#running.ports.add(process.pid, port)) this.#portsRefused += 1;
  }

  get #running(): Opened {
    if (this.#opened === undefined) {
      throw new BeylaError('CLOSED', 'the tracer is not running', {
        cure: 'Call start() before, and nothing after close().',
      });
    }
    return this.#opened;
  }

  #nextIntervalMs(): number {
    const { drainIntervalMs: busyMs, idleIntervalMs } = this.#options;
    const nextMs = this.#turns.length > 0 ? IDLE_INTERVAL_MS : this.#idleMs * 1.25;
    this.#idleMs = Math.max(busyMs, Math.min(nextMs, idleIntervalMs));
    return this.#turns.length > 0 ? busyMs : this.#idleMs;
  }

  /**
   * Turns are taken first and delivered last: so every process that a turn of this batch speaks of has been told before, even
   * if it was born a moment ago.
   */
  #drain({ native, ring, lifecycle, idle }: Opened): void {
    const nowNs = Number(native.monotonicNs());
    idle.tick(nowNs);
    const isOld = nowNs - this.#anchoredNs > CLOCK_INTERVAL_NS || this.#anchoredNs === 0;
    if (isOld || this.clock.isOff(nowNs, Date.now())) this.#anchor(native);
    this.#turns.length = native.drainRing(ring, this.#turns.bytes);
    const { bytes } = this.#lifecycles;
    this.#lifecycles.length = idle.appendCloses(bytes, native.drainRing(lifecycle, bytes));
    this.#turns.nowNs = nowNs;
    this.#lifecycles.nowNs = nowNs;
  }

  #anchor(native: Native): void {
    const { monotonicNs, realtimeNs } = native.clockAnchor();
    this.clock.adjust(monotonicNs, realtimeNs);
    this.#anchoredNs = Number(monotonicNs);
  }

  async #release(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) return;
    this.#finalCounters = this.counters();
    this.#opened = undefined;
    opened.native.closeRing(opened.ring);
    opened.native.closeRing(opened.lifecycle);
    this.#pacemaker.wake();
    await opened.taps.close();
    await opened.kernel.close();
    if (this.#statistics !== undefined) opened.native.closeLink(this.#statistics);
  }
}

/** It needs CAP_SYS_ADMIN; without it spans come all the same. */
function enabledStatistics(native: Native): LinkHandle | undefined {
  try {
    return native.enableStats();
  } catch (error) {
    diag.warn('tracer: the kernel does not count runs of BPF programs for us; that needs CAP_SYS_ADMIN', error);
    return undefined;
  }
}

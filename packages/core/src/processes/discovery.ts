import { diag } from '@opentelemetry/api';
import { EventEmitter } from 'eventemitter3';
import type { Component, Health } from '../component.ts';
import { BeylaError } from '../errors.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { DiscoveryOptions, HostIdentity } from '../options/options.ts';
import { type ResolvedDiscoveryOptions, resolveDiscoveryOptions } from '../options/resolve-discovery.ts';
import { RecentGrowth } from '../recent-growth.ts';
import { type Check, DelayedChecks } from './delayed-checks.ts';
import { Executables } from './executables.ts';
import { withFullHostName } from './full-host-name.ts';
import { LanguageDetector } from './language.ts';
import { ListeningPorts } from './listening-ports.ts';
import type { ProcessInfo } from './process.ts';
import type { ProcessSink } from './process-sink.ts';
import { ProcessTable } from './process-table.ts';
import { ProcFs } from './procfs.ts';
import { scanProcesses } from './scan-processes.ts';
import { compileSelectors, type ProcessMatcher } from './selector.ts';
import { TimeBudget } from './time-budget.ts';

/**
 * What `Discovery` emits: a selected process appeared (or became another program), or one ended (or became another program).
 *
 * @public
 */
export interface DiscoveryEvents {
  process: [change: { readonly type: 'started' | 'ended'; readonly process: ProcessInfo }];
}

/**
 * What `Discovery` works on besides its options.
 *
 * @public
 */
export interface DiscoveryHooks {
  /** Told what to follow; default nobody. */
  readonly sink?: ProcessSink;
  /** Where procfs is mounted; default `/proc`. */
  readonly procRoot?: string;
}

/** What was told is looked at as soon as that: a program makes its first connections milliseconds after its exec. */
const PROMPT_MS = 1;
/** In a storm of events looks are put off so long; processes that end sooner are never looked at. It costs a tenth of a core at most. */
const CHECK_DELAY_MS = 20;
/** Longest piece of work on the event loop. */
const SLICE_MS = 2;
/** A scan asked for by an event follows the scan before it no sooner. */
const EXTRA_SCAN_MS = 250;

/** Whoever serves a selected port and is not found is looked for no more seldom, and told for so long after the last connection. */
const LONGEST_WAIT_MS = 60_000;
const MOST_UNCLAIMED = 64;

const ELSEWHERE =
  '/proc is that of another PID namespace than the one this program runs in, so no process is recognised: mount a procfs of its own (unshare --mount-proc), or share the PID namespace of the host (hostPID: true)';

/** A port on which connections were taken by somebody who is not selected. */
interface Unclaimed {
  waitMs: number;
  nextMs: number;
  /** When it was first looked for. */
  lookedMs: number;
  lastMs: number;
}

const NOBODY: ProcessSink = {
  select: () => undefined,
  addPort: () => undefined,
  deselect: () => undefined,
};

/**
 * Finds the processes that the selectors describe, keeps track of them, and tells a `ProcessSink`.
 *
 * Compares /proc every `pollIntervalMs` (default 5000) and, between, follows what the kernel's records hint at: exec, fork,
 * exit, listen. Children of a selected process are selected, too, whatever they execute, unless they are excluded. The process that
 * runs this library is never selected without `includeSelf`; its children are like any other process. A process once selected stays so
 * until it executes another program or ends.
 *
 * Of processes that are not selected nothing is read but stat, executable link, command line, namespace and listening ports, and nothing
 * is kept. Selectors with `languages` also read the section table of the executable file.
 *
 * Needs Linux; CAP_SYS_PTRACE to see executables and ports of other users' processes (`health()` says when reads were refused).
 *
 * @throws BeylaError from the constructor: `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_PORT_RANGE`, `INVALID_PATTERN`; from `start`:
 * `UNSUPPORTED_PLATFORM`, `ALREADY_STARTED`, `CLOSED`.
 *
 * @example
 * ```ts
 * import { Discovery } from '@beyla/core';
 * await using discovery = new Discovery({ instrument: [{ openPorts: '8000-8999' }] });
 * discovery.on('process', ({ type, process }) => console.log(type, process.pid, process.service.name));
 * await discovery.start();
 * ```
 *
 * @public
 */
export class Discovery extends EventEmitter<DiscoveryEvents> implements Component {
  readonly name = 'discovery';
  readonly #options: ResolvedDiscoveryOptions;
  readonly #proc: ProcFs;
  readonly #matcher: ProcessMatcher;
  readonly #languages: LanguageDetector;
  readonly #sink: ProcessSink;
  readonly #executables: Executables;
  readonly #table: ProcessTable;
  readonly #checks = new DelayedChecks();
  readonly #budget = new TimeBudget(performance.now());
  readonly #lifecycle: Lifecycle;
  #identity: HostIdentity;
  #checkTimer: NodeJS.Timeout | undefined;
  #checkDueMs = Number.POSITIVE_INFINITY;
  #scanTimer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> | undefined;
  #scanDueMs = Number.POSITIVE_INFINITY;
  #lastScanEndMs = 0;
  #lastScanMs = 0;
  #scans = 0;
  readonly #unclaimed = new Map<number, Unclaimed>();
  #truncated = 0;
  #missed = 0;
  #refused = 0;
  #isElsewhere = false;
  readonly #sinkFailures = new RecentGrowth();
  /** Of the last comparison; see `ProcFs.failed`. */
  #failed = 0;
  #failure: string | undefined;

  constructor(options: DiscoveryOptions, hooks: DiscoveryHooks = {}) {
    super();
    this.#options = resolveDiscoveryOptions(options);
    this.#identity = this.#options.identity;
    this.#matcher = compileSelectors(this.#options);
    this.#proc = new ProcFs(hooks.procRoot);
    this.#languages = new LanguageDetector(this.#proc);
    this.#sink = hooks.sink ?? NOBODY;
    this.#executables = new Executables(this.#proc, this.#matcher, this.#sink);
    this.#table = new ProcessTable({
      proc: this.#proc,
      matcher: this.#matcher,
      languages: this.#languages,
      executables: this.#executables,
      identity: () => this.#identity,
      sink: this.#sink,
      ownPid: this.#options.includeSelf ? undefined : this.#proc.self(),
      onStarted: (process) => this.#tell('started', process),
      onEnded: (process) => this.#tell('ended', process),
    });
    this.#lifecycle = new Lifecycle(this.name, () => this.#release());
  }

  /** Resolves after the first scan, when everything that runs already has been told. */
  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      this.#isElsewhere = this.#proc.isOfOtherNamespace();
      this.#identity = await withFullHostName(this.#identity);
      const { selectingPorts: ports, excludesNothing: isAnyByPort } = this.#matcher;
      this.#sink.setRules?.({
        ownPid: this.#options.includeSelf ? undefined : this.#proc.self(),
        ports,
        isAnyByPort,
      });
      await this.#executables.find(() => this.#lifecycle.state === 'closed');
      await this.scan();
      if (this.#failure !== undefined) throw new BeylaError('UNSUPPORTED_PLATFORM', this.#failure);
    });
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The selected processes that are running. */
  get processes(): readonly ProcessInfo[] {
    return [...this.#table.selected.values()].map(({ process }) => process);
  }

  /**
   * The selected process that a record of this pid belongs to; also for 5 s after its end. A child that was only just born is
   * described, and told as started, when it is asked for here.
   */
  processOf(pid: number): ProcessInfo | undefined {
    this.#settle(pid);
    return this.#table.processOf(pid);
  }

  /**
   * A process executed a program. `executable` is what the kernel called the file (`struct executable_key`), empty when not known; `isFollowed`:
   * the kernel has selected the process by it.
   */
  hintExec(pid: number, executable: string = '', isFollowed: boolean = false): void {
    const decided = this.#executables.get(executable);
    if (isFollowed && decided?.match !== undefined)
      this.#table.executed(pid, { executable: decided.path, match: decided.match });
    else if (!isFollowed && (!this.#mayMatter(pid) || (decided?.isUnwanted === true && !this.#table.isFollowed(pid))))
      return;
    const check = this.#check(pid);
    if (check === undefined) return;
    check.executed = true;
    if (executable !== '') check.executable = executable;
    if (isFollowed) check.followed = true;
  }

  /**
   * A process began to listen on a TCP port; `netns` is the inode number of its network namespace. `isFollowed`: the kernel has selected the
   * process by it.
   */
  hintListen(pid: number, port: number, netns: number, isFollowed: boolean = false): void {
    const listening = { netns, port };
    this.#table.addPort(pid, listening);
    if (!isFollowed && !this.#matcher.wantsPort(port)) return;
    const check = this.#check(pid);
    check?.ports.push(listening);
    if (check === undefined || !isFollowed) return;
    check.followed = true;
    check.executable ??= this.#table.executableOf(pid);
  }

  /**
   * No selected process took a connection to a port that one listens on: the socket was handed on to somebody else, who is looked for among all
   * processes; less and less often when nobody is found.
   */
  hintUnclaimed(port: number): void {
    if (this.#lifecycle.state === 'closed' || !this.#matcher.wantsPort(port)) return;
    const nowMs = performance.now();
    for (const [other, { lastMs }] of this.#unclaimed)
      if (nowMs - lastMs > LONGEST_WAIT_MS) this.#unclaimed.delete(other);
    const before = this.#unclaimed.get(port);
    if (before === undefined && this.#unclaimed.size >= MOST_UNCLAIMED) return;
    const unclaimed = before ?? { waitMs: EXTRA_SCAN_MS, nextMs: 0, lookedMs: Number.POSITIVE_INFINITY, lastMs: 0 };
    unclaimed.lastMs = nowMs;
    this.#unclaimed.set(port, unclaimed);
    if (nowMs < unclaimed.nextMs) return;
    unclaimed.lookedMs = Math.min(unclaimed.lookedMs, nowMs);
    unclaimed.waitMs = Math.min(2 * unclaimed.waitMs, LONGEST_WAIT_MS);
    unclaimed.nextMs = nowMs + unclaimed.waitMs;
    this.#table.forgetPorts();
    this.#scheduleScan(EXTRA_SCAN_MS);
  }

  /** A process that the kernel follows made a child, which the kernel follows from birth. */
  hintFork(parent: number, child: number): void {
    this.#settle(parent);
    const isKnown = this.#table.fork(parent, child);
    const check = this.#check(child);
    if (check !== undefined && !isKnown) check.followed = true;
  }

  /** A selected process ended. */
  hintExit(pid: number): void {
    const selection = this.#table.selected.get(pid);
    const stat = selection === undefined ? undefined : this.#proc.stat(pid);
    // The same process is still there: a record of an earlier owner of the id, or one still on its way out. The kernel has
    // stopped to follow the id, so the look must select it anew.
    const isAlive = stat !== undefined && !stat.isDead && stat.startTicks === selection?.process.startTicks;
    const check = this.#checks.takeFollowed(pid);
    if (check !== undefined && !isAlive) this.#remember(pid, check);
    this.#checks.delete(pid);
    this.#table.end(pid);
    if (isAlive) this.#check(pid);
  }

  /** Compares /proc now; resolves when done. Scans never overlap: one that is running is waited for. */
  scan(): Promise<void> {
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined;
      this.#scheduleScan(this.#options.pollIntervalMs);
    });
    return this.#scanning;
  }

  health(): Health {
    const { state } = this.#lifecycle;
    if (state === 'closed') return { status: 'closed', messages: [] };
    if (this.#failure !== undefined) return { status: 'unhealthy', messages: [this.#failure] };
    if (this.#isElsewhere) return { status: 'unhealthy', messages: [ELSEWHERE] };
    const messages: string[] = [];
    if (this.#refused > 0) {
      messages.push(
        `${this.#refused} reads in ${this.#proc.root} were refused: run as root or grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH`,
      );
    }
    if (this.#failed > 0) {
      messages.push(
        'this program is out of file descriptors or memory, so new processes are found late: raise its limit (ulimit -n)',
      );
    }
    const sinkFailures = this.#sinkFailures.of(this.#table.sinkFailures);
    if (sinkFailures > 0) messages.push(`${sinkFailures} processes could not be followed: see the tracer's health`);
    const nowMs = performance.now();
    for (const [port, { lookedMs, lastMs }] of this.#unclaimed) {
      // What came before the look was over is no news.
      if (lastMs > lookedMs + 2 * EXTRA_SCAN_MS && nowMs - lastMs < LONGEST_WAIT_MS)
        messages.push(`connections to port ${port} are served by a process that is not selected`);
    }
    if (messages.length > 0) return { status: 'degraded', messages };
    return { status: state === 'running' ? 'healthy' : 'starting', messages };
  }

  /** Counters since the start, and gauges of now. */
  stats(): Readonly<Record<string, number>> {
    return {
      selected: this.#table.selected.size,
      scans: this.#scans,
      last_scan_ms: this.#lastScanMs,
      examined: this.#table.examined,
      executables_read: this.#languages.filesRead,
      executables_decided: this.#executables.size,
      checks_waiting: this.#checks.size,
      checks_dropped: this.#checks.dropped,
      checks_too_late: this.#missed,
      descriptors_truncated: this.#truncated,
      reads_refused: this.#proc.denied,
      attributes_refused: this.#table.attributesRefused,
      reads_failed: this.#proc.failed,
      sink_failures: this.#table.sinkFailures,
    };
  }

  debugInfo(): Record<string, unknown> {
    return { options: this.#options, stats: this.stats(), processes: this.processes };
  }

  /** Where all selectors name processes, programs that others execute cost nothing. An excluded child is found by comparing. */
  #mayMatter(pid: number): boolean {
    const pids = this.#matcher.onlyPids;
    return pids === undefined || pids.has(pid) || this.#table.isFollowed(pid) || this.#checks.has(pid);
  }

  /** Looks now at a process that the kernel follows and that was to be looked at soon. */
  #settle(pid: number): void {
    const check = this.#checks.takeFollowed(pid);
    if (check === undefined) return;
    const look = this.#look();
    if (this.#examine(pid, look, check)) this.#scheduleScan(EXTRA_SCAN_MS);
    this.#truncated += look.truncated;
  }

  /** A process that the kernel has selected by itself is gone before it was looked at: what its executable says is all there will be. */
  #remember(pid: number, { executable, ports }: Check): void {
    const decided = executable === undefined ? undefined : this.#executables.get(executable);
    if (decided === undefined || (decided.match === undefined && !decided.isByPort)) return;
    const match =
      decided.match ??
      this.#matcher.match({
        pid,
        executable: decided.path,
        commandLine: '',
        ports: () => ports.map(({ port }) => port),
        language: () => 'generic',
        isContained: () => undefined,
      });
    if (match !== undefined) this.#table.executed(pid, { executable: decided.path, match });
  }

  #examine(pid: number, look: ListeningPorts, check: Check): boolean {
    const startedMs = performance.now();
    const { sinkMs } = this.#table;
    if (check.executable !== undefined) this.#executables.learn(check.executable, pid);
    const { failed } = this.#proc;
    const stat = this.#proc.stat(pid);
    const isGone = stat === undefined ? !this.#proc.isThere(pid) : stat.isDead;
    if (isGone && check.followed) this.#remember(pid, check);
    else if (isGone && check.executed && !this.#table.isFollowed(pid)) this.#missed++;
    const hasFound = this.#table.examine(pid, look, check, stat);
    if (this.#proc.failed > failed) this.#postpone(pid, check);
    // The sink has a budget of its own.
    this.#budget.spend(performance.now() - startedMs - (this.#table.sinkMs - sinkMs));
    return hasFound;
  }

  /** Not all of the process could be read. */
  #postpone(pid: number, check: Check): void {
    const again = this.#checks.add(pid, performance.now() + EXTRA_SCAN_MS);
    if (again === undefined) return;
    again.executed ||= check.executed;
    again.executable ??= check.executable;
    again.followed ||= check.followed;
    again.ports.push(...check.ports);
    this.#armChecks(again.dueMs);
  }

  #check(pid: number): Check | undefined {
    if (this.#lifecycle.state === 'closed') return undefined;
    const nowMs = performance.now();
    const check = this.#checks.add(pid, nowMs + (this.#budget.isSpent(nowMs) ? CHECK_DELAY_MS : PROMPT_MS));
    // What found no room is found by comparing instead.
    if (check === undefined) this.#scheduleScan(EXTRA_SCAN_MS);
    else this.#armChecks(check.dueMs);
    return check;
  }

  #armChecks(dueMs: number): void {
    if (this.#checkDueMs <= dueMs) return;
    clearTimeout(this.#checkTimer);
    this.#checkDueMs = dueMs;
    this.#checkTimer = setTimeout(() => this.#runChecks(), Math.max(dueMs - performance.now(), 1)).unref();
  }

  #runChecks(): void {
    this.#checkDueMs = Number.POSITIVE_INFINITY;
    const startedMs = performance.now();
    const look = this.#look();
    for (const [pid, check] of this.#checks.take(startedMs)) {
      if (this.#examine(pid, look, check)) this.#scheduleScan(EXTRA_SCAN_MS);
      if (performance.now() - startedMs > SLICE_MS) break;
    }
    this.#truncated += look.truncated;
    const dueMs = this.#checks.nextDueMs();
    const endedMs = performance.now();
    const pauseMs = this.#budget.isSpent(endedMs) ? CHECK_DELAY_MS : PROMPT_MS;
    if (dueMs !== undefined) this.#armChecks(Math.max(dueMs, endedMs + pauseMs));
  }

  #scheduleScan(inMs: number): void {
    if (this.#lifecycle.state === 'closed') return;
    const nowMs = performance.now();
    const dueMs = Math.max(nowMs + inMs, this.#lastScanEndMs + EXTRA_SCAN_MS);
    if (this.#scanTimer !== undefined && this.#scanDueMs <= dueMs) return;
    clearTimeout(this.#scanTimer);
    this.#scanDueMs = dueMs;
    this.#scanTimer = setTimeout(() => {
      this.#scanTimer = undefined;
      void this.scan();
    }, dueMs - nowMs).unref();
  }

  async #scan(): Promise<void> {
    const startedMs = performance.now();
    const { denied: refusedBefore, failed: failedBefore } = this.#proc;
    const look = this.#look();
    const isClosed = (): boolean => this.#lifecycle.state === 'closed';
    try {
      const { isComplete, hasFound } = await scanProcesses(this.#proc, this.#table, look, SLICE_MS, isClosed);
      this.#failure = undefined;
      if (!isComplete) return;
      // A process may have made children between being listed and being followed.
      if (hasFound) this.#scheduleScan(EXTRA_SCAN_MS);
    } catch (error) {
      this.#proc.note(error);
      this.#failed = this.#proc.failed - failedBefore;
      if (this.#failed > 0) return;
      this.#failure = `${this.#proc.root} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      return;
    }
    this.#lastScanEndMs = performance.now();
    this.#lastScanMs = this.#lastScanEndMs - startedMs;
    this.#table.sweep(this.#lastScanEndMs);
    this.#sink.compared?.();
    this.#scans++;
    this.#failed = this.#proc.failed - failedBefore;
    this.#truncated += look.truncated;
    // What a security module refuses to a program with the capability has no cure, and is no news: it stays in stats().
    this.#refused = this.#failed > 0 || this.#proc.mayReadAll() ? 0 : this.#proc.denied - refusedBefore;
  }

  #look(): ListeningPorts {
    return new ListeningPorts(this.#proc, (port) => this.#matcher.wantsPort(port));
  }

  #tell(type: 'started' | 'ended', process: ProcessInfo): void {
    try {
      this.emit('process', { type, process });
    } catch (error) {
      diag.error(`discovery: a listener of 'process' threw`, error);
    }
  }

  async #release(): Promise<void> {
    clearTimeout(this.#checkTimer);
    clearTimeout(this.#scanTimer);
    await this.#scanning;
    this.#table.release();
  }
}

import type { TapsOptions } from '../options/options.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { ProcFs } from '../processes/procfs.ts';
import { TimeBudget } from '../processes/time-budget.ts';
import { FilePlans, planTls } from './file-plans.ts';
import { LookSchedule } from './look-schedule.ts';
import { type MappedFile, readMappedFiles } from './mapped-files.ts';
import { OwnProbes } from './own-probes.ts';
import type { ProbeAttacher } from './probe-attacher.ts';
import { type TappedFile, TappedFiles } from './tapped-files.ts';

/** What the manager needs of its surroundings. */
export interface TapManagerParts {
  readonly proc: ProcFs;
  readonly attacher: ProbeAttacher;
  readonly options: Required<TapsOptions>;
  /** CLOCK_MONOTONIC, as the kernel side counts it. */
  readonly nowNs: () => number;
}

interface Watched {
  readonly process: ProcessInfo;
  readonly files: Set<TappedFile>;
  /** All its files are looked at, not only those whose names tell: after its first look. */
  isThorough: boolean;
  /** Files of it without TLS, which need not be looked at again. */
  readonly without: Set<string>;
  /** Its TLS is not seen, and why. */
  untapped: string | undefined;
  hintedMs: number;
  /** What it loads is told at once. */
  isHeard: boolean;
  /** When the last look at it began (CLOCK_MONOTONIC). */
  lookedNs: number;
}

/** After its selection a young process is looked at again, in case its loader does not tell what it loads. */
const YOUNG_LOOKS_MS = [50, 200, 1000, 3000];
const YOUNG_S = 10;
/** One that speaks TLS unseen is looked at no more often. */
const HINT_INTERVAL_MS = 1000;
/** What is put off because looks took too much time. */
const DEFERRED_MS = 50;
/** Longest look at files whose names tell: what is cut here is seen late, so only a hostile number of them is cut. */
const LIKELY_SLICE_MS = 250;
/** Longest look that goes on to the other files, and how soon the next one follows. */
const SLICE_MS = 10;
const STEP_MS = 20;
/** How soon a process is looked at again when this program had no descriptors left. */
const RETRY_MS = 1000;
const MOST_NAMED = 5;
/** Of each process; libraries beyond are looked at each time. */
const MOST_WITHOUT = 4096;
/** Libraries that are OpenSSL or its descendants, or are often linked with it. */
const LIKELY = /\/(lib(ssl|boringssl|netty_tcnative|conscrypt|node|python)|_ssl\.)[^/]*$/;

/** Others that are looked at before the rest. */
const PERHAPS = /(ssl|tls|crypto|rust|curl|http|grpc|quic)[^/]*$/i;

/**
 * Keeps probes in the files through which the selected processes speak TLS: one attachment for each file, for all processes, as long as a
 * selected one uses it.
 *
 * Looks at a process when it is selected, executed, listens or loads a library, a few times while it is young, and when it speaks TLS that no tap
 * sees: first into the files whose names tell, then, in steps, into all others. A process without a TLS library gets probes of its own in those it may load. What fails is counted and named in `health()`; nothing
 * of it stops the rest.
 */
export class TapManager {
  readonly #parts: TapManagerParts;
  readonly #plans: FilePlans;
  readonly #files: TappedFiles;
  readonly #own: OwnProbes;
  readonly #watched = new Map<number, Watched>();
  readonly #schedule = new LookSchedule();
  readonly #budget = new TimeBudget(performance.now());
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #isClosed = false;
  #looks = 0;
  #longestLookMs = 0;
  #mapsCut = 0;
  #loadsHeard = 0;

  constructor(parts: TapManagerParts) {
    this.#parts = parts;
    this.#plans = new FilePlans((elf) => planTls(elf, parts.options));
    this.#files = new TappedFiles(parts.proc, parts.attacher, this.#plans);
    this.#own = new OwnProbes(parts.proc, parts.attacher, this.#plans);
  }

  /** A process is followed from now on, or has executed another program. */
  select(process: ProcessInfo): void {
    const { pid } = process;
    const before = this.#watched.get(pid);
    const files = before?.files ?? new Set<TappedFile>();
    this.#watched.set(pid, {
      process,
      files,
      isThorough: false,
      without: new Set(),
      untapped: undefined,
      hintedMs: Number.NEGATIVE_INFINITY,
      isHeard: false,
      lookedNs: 0,
    });
    const nowMs = performance.now();
    this.#lookOrDefer(pid, nowMs);
    // Files of any name may have a library inside, as Python's cryptography has: they are looked at in steps, before they are needed.
    this.#schedule.add(pid, nowMs + STEP_MS);
    if (this.#ageS(process) < YOUNG_S) this.#schedule.add(pid, ...YOUNG_LOOKS_MS.map((afterMs) => nowMs + afterMs));
    this.#arm(nowMs);
  }

  /** Something about a process has changed: it may have loaded a library. */
  refresh(pid: number): void {
    if (!this.#watched.has(pid)) return;
    const nowMs = performance.now();
    this.#lookOrDefer(pid, nowMs);
    this.#arm(nowMs);
  }

  /** A process loaded or unloaded libraries at this time (CLOCK_MONOTONIC), or is about to. */
  loadsLibraries(pid: number, ns: number): void {
    this.#loadsHeard++;
    // Loading many makes many events; a look that began later has seen what they tell.
    if ((this.#watched.get(pid)?.lookedNs ?? ns) < ns) this.refresh(pid);
  }

  /** A process speaks TLS on a connection that no tap sees into. */
  speaksTls(pid: number): void {
    const watched = this.#watched.get(pid);
    const nowMs = performance.now();
    if (watched === undefined || nowMs - watched.hintedMs < HINT_INTERVAL_MS) return;
    watched.hintedMs = nowMs;
    watched.isThorough = true;
    const cause = this.#look(pid, watched, nowMs);
    const seen = watched.files.size > 0;
    watched.untapped = seen ? undefined : (cause ?? 'it uses none of the TLS libraries that can be tapped');
    this.#arm(nowMs);
  }

  deselect(pid: number): void {
    const watched = this.#watched.get(pid);
    if (watched === undefined) return;
    const nowMs = performance.now();
    this.#watched.delete(pid);
    this.#schedule.delete(pid);
    this.#own.release(pid);
    for (const file of watched.files) this.#files.release(pid, file, nowMs);
    this.#arm(nowMs);
  }

  /** Detaches everything; resolves when it is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#watched.clear();
    await Promise.all([this.#own.close(), this.#files.close()]);
  }

  messages(): string[] {
    const messages = this.#files.messages();
    const untapped = [...this.#watched.values()].filter((watched) => watched.untapped !== undefined);
    for (const { process, untapped: cause } of untapped.slice(0, MOST_NAMED))
      messages.push(`process ${process.pid} (${process.service.name}) speaks TLS that is not seen: ${cause}`);
    if (untapped.length > MOST_NAMED)
      messages.push(`${untapped.length - MOST_NAMED} more processes speak TLS that is not seen`);
    return messages;
  }

  /** Counters since the start, and gauges of now. */
  stats(): Readonly<Record<string, number>> {
    const { loaders, awaited } = this.#own.counts;
    return {
      taps_files: this.#files.size,
      taps_files_read: this.#plans.filesRead,
      taps_loaders_heard: loaders,
      taps_libraries_awaited: awaited,
      taps_loads_heard: this.#loadsHeard,
      taps_attach_failed: this.#files.failed,
      taps_functions_refused: this.#files.refused,
      taps_looks: this.#looks,
      taps_looks_dropped: this.#schedule.dropped,
      taps_longest_look_ms: this.#longestLookMs,
      taps_maps_cut: this.#mapsCut,
    };
  }

  /** For people: the files with their functions and processes. */
  debugInfo(): Record<string, unknown> {
    const files = [...this.#files].flatMap(({ path, plans, processes }) =>
      plans.map((plan) => ({
        path,
        about: plan.about,
        processes: [...processes],
        probes: plan.probes.map(
          ({ program, symbol, offset, kind }) => `${symbol}: ${program} at 0x${offset.toString(16)}, ${kind}`,
        ),
        refused: plan.refused,
      })),
    );
    return { attached: this.#parts.attacher.means, files, stats: this.stats(), messages: this.messages() };
  }

  #lookOrDefer(pid: number, nowMs: number): void {
    const watched = this.#watched.get(pid);
    if (watched === undefined) return;
    if (this.#budget.isSpent(nowMs)) this.#schedule.add(pid, nowMs + DEFERRED_MS);
    else this.#look(pid, watched, nowMs);
  }

  /** Returns why a file that has TLS is not tapped, if there is one. */
  #look(pid: number, watched: Watched, nowMs: number): string | undefined {
    this.#looks++;
    const startedMs = this.#workMs();
    watched.lookedNs = this.#parts.nowNs();
    const { failed } = this.#parts.proc;
    let mapped = readMappedFiles(this.#parts.proc, pid);
    const heard = watched.isHeard || mapped === undefined ? undefined : this.#own.hear(pid, mapped.files);
    watched.isHeard ||= heard !== undefined;
    // What was loaded while its loader did not tell yet.
    if (heard === 'new') mapped = readMappedFiles(this.#parts.proc, pid);
    if (mapped === undefined && this.#parts.proc.failed > failed) {
      this.#schedule.add(pid, nowMs + RETRY_MS);
      return undefined;
    }
    if (mapped === undefined) return 'its memory map cannot be read: CAP_SYS_PTRACE is needed';
    if (mapped.isCut) this.#mapsCut++;
    const executable = this.#parts.proc.executable(pid);
    const isLikely = ({ path }: MappedFile): boolean => path === executable || LIKELY.test(path);
    const others = watched.isThorough ? mapped.files.filter((file) => !isLikely(file)) : [];
    const wanted = [
      ...mapped.files.filter(isLikely),
      ...others.filter(({ path }) => PERHAPS.test(path)),
      ...others.filter(({ path }) => !PERHAPS.test(path)),
    ];
    const used = new Set<TappedFile>();
    let cause: string | undefined;
    let isCut = false;
    for (const file of wanted) {
      const name = `${file.inode} ${file.path}`;
      if (watched.without.has(name)) continue;
      if (this.#workMs() - startedMs > (isLikely(file) ? LIKELY_SLICE_MS : SLICE_MS)) {
        isCut = true;
        continue;
      }
      const result = this.#files.use(pid, file, nowMs);
      if (!('cause' in result)) used.add(result);
      else if (result.cause !== undefined) cause ??= result.cause;
      else if (watched.without.size < MOST_WITHOUT) watched.without.add(name);
    }
    // What could not be opened for want of descriptors may be in use all the same.
    const isUnsure = this.#parts.proc.failed > failed;
    if (isCut || isUnsure) this.#schedule.add(pid, performance.now() + (isUnsure ? RETRY_MS : STEP_MS));
    else for (const file of watched.files) if (!used.has(file)) this.#drop(pid, watched, file, nowMs);
    for (const file of used) watched.files.add(file);
    if (watched.files.size > 0) watched.untapped = undefined;
    watched.isThorough = true;
    this.#await(pid, watched, mapped.files);
    const tookMs = this.#workMs() - startedMs;
    this.#budget.spend(tookMs);
    this.#longestLookMs = Math.max(this.#longestLookMs, tookMs);
    return cause;
  }

  /** The clock of looks: what is loaded once for all of them is not their time. */
  #workMs(): number {
    return performance.now() - this.#parts.attacher.waitedMs;
  }

  #await(pid: number, { files }: Watched, mapped: readonly MappedFile[]): void {
    if (files.size === 0) this.#own.await(pid, mapped, (identity) => this.#files.has(identity));
    else this.#own.settle({ pid });
    for (const { identity } of files) this.#own.settle({ identity });
  }

  #drop(pid: number, watched: Watched, file: TappedFile, nowMs: number): void {
    watched.files.delete(file);
    this.#files.release(pid, file, nowMs);
  }

  #ageS({ startTicks }: ProcessInfo): number {
    const uptimeS = Number.parseFloat(this.#parts.proc.read('uptime', 64) ?? '');
    // USER_HZ is 100 on x86.
    return Number.isFinite(uptimeS) ? uptimeS - startTicks / 100 : 0;
  }

  /** One timer for the looks that are due and the files that nobody uses any more. */
  #arm(nowMs: number): void {
    if (this.#isClosed) return;
    const size = this.#files.size;
    const sweepMs = this.#files.sweep(nowMs) ?? Number.POSITIVE_INFINITY;
    // What was tapped for all processes did not have to be waited for.
    if (this.#files.size < size)
      for (const [pid, { files }] of this.#watched) if (files.size === 0) this.#schedule.add(pid, nowMs);
    const next = Math.min(this.#schedule.nextDueMs(), sweepMs);
    if (next === this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = next;
    if (next !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#runDue(), Math.max(1, next - nowMs)).unref();
  }

  #runDue(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    for (const pid of this.#schedule.take(nowMs)) this.#lookOrDefer(pid, nowMs);
    this.#arm(performance.now());
  }
}

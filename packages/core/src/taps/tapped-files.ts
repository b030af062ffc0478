import { closeSync } from 'node:fs';
import type { ProcFs } from '../processes/procfs.ts';
import type { FilePlans } from './file-plans.ts';
import type { MappedFile } from './mapped-files.ts';
import { openMappedFile } from './open-mapped-file.ts';
import type { ProbeAttacher, TapRuntime } from './probe-attacher.ts';
import { probeGroups } from './probe-groups.ts';
import type { TapPlan } from './tap-plan.ts';

/** A file with probes in it. */
export interface TappedFile {
  readonly identity: string;
  /** As the first process that mapped it sees it. */
  readonly path: string;
  /** One for each library in it that is tapped. */
  readonly plans: readonly TapPlan[];
  /** Selected processes that have mapped it. */
  readonly processes: Set<number>;
  readonly detach: () => Promise<void>;
  /** When the last of the processes was gone. */
  releasedMs: number;
}

/** What came of a look at a file: it is tapped, or why not. */
export type TapResult = TappedFile | { readonly cause: string | undefined };

/** The probes stay for so long after the last process: a restarted program finds them in place. */
const LINGER_MS = 30_000;
/** What was refused is tried again after this time. */
const RETRY_MS = 30_000;
const MOST_FILES = 256;
const MOST_FAILURES = 256;

/** The files that have probes, each attached once for all processes, and counted by those that are selected. */
export class TappedFiles {
  readonly #proc: ProcFs;
  readonly #attacher: ProbeAttacher;
  readonly #plans: FilePlans;
  readonly #files = new Map<string, TappedFile>();
  readonly #failures = new Map<string, { path: string; cause: string; untilMs: number }>();
  readonly #detaching = new Set<Promise<void>>();
  /** Processes with a runtime that the kernel side was told of → identity of the file it is in. */
  readonly #runtimes = new Map<number, string>();
  #isFull = false;
  /** Times the kernel refused probes. */
  failed = 0;
  /** Functions that got no probe since their code is not surely understood, of all files so far. */
  refused = 0;

  constructor(proc: ProcFs, attacher: ProbeAttacher, plans: FilePlans) {
    this.#proc = proc;
    this.#attacher = attacher;
    this.#plans = plans;
  }

  get size(): number {
    return this.#files.size;
  }

  has(identity: string): boolean {
    return this.#files.has(identity);
  }

  [Symbol.iterator](): Iterator<TappedFile> {
    return this.#files.values();
  }

  /** Attaches to a file that a process has mapped unless it is; the process counts as a user of it then. */
  use(pid: number, file: MappedFile, nowMs: number): TapResult {
    const opened = openMappedFile(this.#proc, pid, file);
    if ('cause' in opened) return { cause: `${file.path}: ${opened.cause}` };
    const { identity, descriptor } = opened;
    try {
      const tapped = this.#files.get(identity) ?? this.#attach(pid, file, identity, descriptor, nowMs);
      if ('cause' in tapped) return tapped;
      // Before its first hit the kernel side must know how plaintext finds its connection.
      this.#addRuntime(pid, identity, tapped.plans);
      tapped.processes.add(pid);
      return tapped;
    } finally {
      closeSync(descriptor);
    }
  }

  release(pid: number, file: TappedFile, nowMs: number): void {
    file.processes.delete(pid);
    if (file.processes.size === 0) file.releasedMs = nowMs;
    if (this.#runtimes.get(pid) !== file.identity) return;
    this.#runtimes.delete(pid);
    this.#attacher.removeRuntime(pid);
  }

  /** Detaches from files that nobody has used for a while. Returns when the next one is due. */
  sweep(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const file of this.#files.values()) {
      if (file.processes.size > 0) continue;
      const dueMs = file.releasedMs + LINGER_MS;
      if (dueMs <= nowMs) this.#detach(file);
      else next = Math.min(next ?? dueMs, dueMs);
    }
    return next;
  }

  /** Detaches from all; resolves when nothing is left in the kernel. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) this.#detach(file);
    await Promise.all(this.#detaching);
  }

  messages(): string[] {
    const messages = [...this.#failures.values()].map(
      ({ path, cause }) => `TLS of programs that use ${path} is not seen: ${cause}`,
    );
    if (this.#isFull)
      messages.push(`more than ${MOST_FILES} files with TLS at once: those of later processes are not seen`);
    return messages;
  }

  #attach(pid: number, file: MappedFile, identity: string, descriptor: number, nowMs: number): TapResult {
    const failure = this.#failures.get(identity);
    if (failure !== undefined && failure.untilMs > nowMs) return failure;
    const plan = this.#plans.plan(identity, descriptor);
    if ('reason' in plan) return { cause: plan.reason === 'none' ? undefined : `${file.path}: ${plan.about}` };
    const all = plan.also === undefined ? [plan] : [plan, plan.also];
    const plans = all.filter(({ tap }) => this.#attacher.trouble(tap) === undefined);
    if (plans.length === 0) return this.#fail(identity, file.path, this.#attacher.trouble(plan.tap) ?? '', nowMs);
    this.#isFull = this.#files.size >= MOST_FILES;
    if (this.#isFull) return { cause: 'too many files with TLS at once' };
    this.#addRuntime(pid, identity, plans);
    const detaches: (() => Promise<void>)[] = [];
    const detach = async (): Promise<void> => {
      await Promise.all(detaches.reverse().map((one) => one()));
    };
    try {
      for (const { tap, probes } of plans)
        detaches.push(this.#attacher.attach(tap, `/proc/self/fd/${descriptor}`, probeGroups(probes)));
    } catch (error) {
      void detach();
      return this.#fail(identity, file.path, error instanceof Error ? error.message : String(error), nowMs);
    }
    this.#failures.delete(identity);
    for (const { refused } of plans) this.refused += refused.length;
    const tapped: TappedFile = {
      identity,
      path: file.path,
      plans,
      processes: new Set<number>(),
      detach,
      releasedMs: nowMs,
    };
    this.#files.set(identity, tapped);
    return tapped;
  }

  #fail(identity: string, path: string, cause: string, nowMs: number): { cause: string } {
    this.failed++;
    if (this.#failures.size >= MOST_FAILURES) this.#failures.clear();
    this.#failures.set(identity, { path, cause, untilMs: nowMs + RETRY_MS });
    return { cause };
  }

  #addRuntime(pid: number, identity: string, plans: readonly TapPlan[]): void {
    const runtime = runtimeOf(plans);
    const known = this.#runtimes.get(pid);
    // A library with rustls in a Go program does not change how the program's own plaintext is followed.
    if (runtime === undefined || known === identity || (known !== undefined && runtime === 'rustls')) return;
    if (this.#attacher.addRuntime(pid, runtime)) this.#runtimes.set(pid, identity);
    else this.failed++;
  }

  #detach(file: TappedFile): void {
    this.#files.delete(file.identity);
    const detaching = file.detach().finally(() => this.#detaching.delete(detaching));
    this.#detaching.add(detaching);
  }
}

function runtimeOf(plans: readonly TapPlan[]): TapRuntime | undefined {
  for (const { goroutineOffset, isProvenByCiphertext } of plans) {
    if (goroutineOffset !== undefined) return { goroutineOffset };
    if (isProvenByCiphertext === true) return 'rustls';
  }
  return undefined;
}

import type { ProcessInfo } from './process.ts';

/** Turns of an ended process may still be on the ring, or wait for the end of their connection. */
const KEEP_ENDED_MS = 30_000;

/** Process id → process, for the processes that records can still speak of. */
export class ProcessRegistry {
  readonly #byPid = new Map<number, { process: ProcessInfo; endedAtMs: number | undefined }>();
  readonly #newborn: (pid: number) => ProcessInfo | undefined;

  /** `newborn` is asked for a process that was not added yet; by answering it may add it. */
  constructor(newborn: (pid: number) => ProcessInfo | undefined = () => undefined) {
    this.#newborn = newborn;
  }

  add(process: ProcessInfo): void {
    this.#byPid.set(process.pid, { process, endedAtMs: undefined });
  }

  /** Late turns still find it, for 30 s or until its id is used again. */
  end(process: ProcessInfo): void {
    const entry = this.#byPid.get(process.pid);
    if (entry?.process === process) entry.endedAtMs = performance.now();
  }

  /** The living process of this id; else a newborn one, which may have got the id of one that has ended; else the latter. */
  get(pid: number): ProcessInfo | undefined {
    const entry = this.#byPid.get(pid);
    if (entry !== undefined && entry.endedAtMs === undefined) return entry.process;
    return this.#newborn(pid) ?? entry?.process;
  }

  /** Those that have not ended. */
  current(): ProcessInfo[] {
    return [...this.#byPid.values()].flatMap(({ process, endedAtMs }) => (endedAtMs === undefined ? [process] : []));
  }

  /** Forgets what ended long ago. */
  sweep(): void {
    const deadlineMs = performance.now() - KEEP_ENDED_MS;
    for (const [pid, { endedAtMs }] of this.#byPid) {
      if (endedAtMs !== undefined && endedAtMs < deadlineMs) this.#byPid.delete(pid);
    }
  }
}

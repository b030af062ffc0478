import type { ProcessInfo } from './process.ts';

const KEPT_MS = 5000;
const CAPACITY = 4096;

/** Selected processes that have ended: their last spans may still be on their way. */
export class DepartedProcesses {
  readonly #processes = new Map<number, { process: ProcessInfo; untilMs: number }>();

  add(process: ProcessInfo): void {
    this.#processes.delete(process.pid);
    const [oldest] = this.#processes.keys();
    if (this.#processes.size >= CAPACITY && oldest !== undefined) this.#processes.delete(oldest);
    this.#processes.set(process.pid, { process, untilMs: performance.now() + KEPT_MS });
  }

  get(pid: number): ProcessInfo | undefined {
    return this.#processes.get(pid)?.process;
  }

  /** Forgets those that ended more than 5 s ago. */
  sweep(nowMs: number): void {
    for (const [pid, { untilMs }] of this.#processes) if (untilMs <= nowMs) this.#processes.delete(pid);
  }
}

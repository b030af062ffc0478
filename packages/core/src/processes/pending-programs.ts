import type { SelectorMatch } from './selector.ts';

/** All that is known of a process which the kernel has selected at its exec. */
export interface PendingProgram {
  readonly executable: string;
  readonly match: SelectorMatch;
}

const CAPACITY = 4096;
/** As long as spans of an ended process are waited for. */
const KEPT_MS = 5000;

/**
 * Processes that the kernel has selected when they executed a file, and that were not looked at yet. One that ends before that is described by
 * what was known of the file.
 */
export class PendingPrograms {
  readonly #programs = new Map<number, { program: PendingProgram; untilMs: number }>();

  add(pid: number, program: PendingProgram): void {
    this.#programs.delete(pid);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size >= CAPACITY && oldest !== undefined) this.#programs.delete(oldest);
    this.#programs.set(pid, { program, untilMs: performance.now() + KEPT_MS });
  }

  get(pid: number): PendingProgram | undefined {
    return this.#programs.get(pid)?.program;
  }

  delete(pid: number): void {
    this.#programs.delete(pid);
  }

  sweep(nowMs: number): void {
    for (const [pid, { untilMs }] of this.#programs) if (untilMs <= nowMs) this.#programs.delete(pid);
  }
}

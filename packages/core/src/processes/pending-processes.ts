const CAPACITY = 4096;
/** As long as spans of an ended process are waited for. */
const KEPT_MS = 5000;

/**
 * Processes that the kernel follows and that were not looked at yet, with what is known of them: of a child its parent, of one that was selected at its
 * exec what the file says. Most live for milliseconds and do nothing of interest, so they cost one entry until a record or the next look asks for them.
 * Beyond 4,096 the oldest makes room.
 */
export class PendingProcesses<T> {
  readonly #known = new Map<number, { readonly value: T; untilMs: number }>();

  add(pid: number, value: T): void {
    this.#known.delete(pid);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= CAPACITY && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(pid, { value, untilMs: Number.POSITIVE_INFINITY });
  }

  get(pid: number): T | undefined {
    return this.#known.get(pid)?.value;
  }

  delete(pid: number): void {
    this.#known.delete(pid);
  }

  /** It has ended, or may end unnoticed; records of it may still come for a while. */
  expire(pid: number): void {
    const pending = this.#known.get(pid);
    if (pending !== undefined) pending.untilMs = Math.min(pending.untilMs, performance.now() + KEPT_MS);
  }

  sweep(nowMs: number): void {
    for (const [pid, { untilMs }] of this.#known) if (untilMs <= nowMs) this.#known.delete(pid);
  }
}

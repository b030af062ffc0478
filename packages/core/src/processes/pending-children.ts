import type { Selection } from './process-table.ts';

const CAPACITY = 4096;
/** As long as spans of an ended process are waited for. */
const KEPT_MS = 5000;

/**
 * Children of selected processes of which nothing but their birth is known. Most live for milliseconds and do nothing of interest,
 * so they cost one entry until a record or the next look asks for them.
 */
export class PendingChildren {
  readonly #parents = new Map<number, { selection: Selection; untilMs: number }>();

  add(child: number, parent: Selection): void {
    this.#parents.delete(child);
    if (this.#parents.size >= CAPACITY) {
      const [oldest] = this.#parents.keys();
      if (oldest !== undefined) this.#parents.delete(oldest);
    }
    this.#parents.set(child, { selection: parent, untilMs: Number.POSITIVE_INFINITY });
  }

  parentOf(child: number): Selection | undefined {
    return this.#parents.get(child)?.selection;
  }

  delete(child: number): void {
    this.#parents.delete(child);
  }

  /** It has ended; records of it may still come. */
  exited(child: number): void {
    const pending = this.#parents.get(child);
    if (pending !== undefined) pending.untilMs = Math.min(pending.untilMs, performance.now() + KEPT_MS);
  }

  sweep(nowMs: number): void {
    for (const [child, { untilMs }] of this.#parents) if (untilMs <= nowMs) this.#parents.delete(child);
  }
}

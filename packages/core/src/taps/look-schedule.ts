const MOST_LOOKS = 65_536;

/** When processes are to be looked at again. */
export class LookSchedule {
  readonly #dueMs = new Map<number, readonly number[]>();
  #earliestMs = Number.POSITIVE_INFINITY;
  #count = 0;
  /** Looks that found no room. */
  dropped = 0;

  add(pid: number, ...dueMs: readonly number[]): void {
    const room = dueMs.slice(0, Math.max(0, MOST_LOOKS - this.#count));
    this.dropped += dueMs.length - room.length;
    if (room.length === 0) return;
    this.#count += room.length;
    this.#dueMs.set(pid, [...(this.#dueMs.get(pid) ?? []), ...room]);
    this.#earliestMs = Math.min(this.#earliestMs, ...room);
  }

  delete(pid: number): void {
    this.#count -= this.#dueMs.get(pid)?.length ?? 0;
    this.#dueMs.delete(pid);
  }

  /** When to call `take`; may be early when looks were deleted. */
  nextDueMs(): number {
    return this.#earliestMs;
  }

  /** Takes the processes with a look that is due, each once, however many of its looks are. */
  take(nowMs: number): number[] {
    const pids: number[] = [];
    this.#earliestMs = Number.POSITIVE_INFINITY;
    for (const [pid, times] of this.#dueMs) {
      const later = times.filter((due) => due > nowMs);
      if (later.length < times.length) pids.push(pid);
      this.#count -= times.length - later.length;
      if (later.length === 0) this.#dueMs.delete(pid);
      else this.#dueMs.set(pid, later);
      this.#earliestMs = Math.min(this.#earliestMs, ...later);
    }
    return pids;
  }
}

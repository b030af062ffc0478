const MOST_LOOKS = 8192;

/** When processes are to be looked at again. */
export class LookSchedule {
  readonly #dueMs = new Map<number, number[]>();
  /** Looks that found no room. */
  dropped = 0;
  #count = 0;

  add(pid: number, ...dueMs: number[]): void {
    const times = this.#dueMs.get(pid) ?? [];
    for (const due of dueMs) {
      if (times.includes(due)) continue;
      if (this.#count >= MOST_LOOKS) {
        this.dropped++;
        continue;
      }
      times.push(due);
      this.#count++;
    }
    if (times.length > 0) this.#dueMs.set(pid, times);
  }

  delete(pid: number): void {
    this.#count -= this.#dueMs.get(pid)?.length ?? 0;
    this.#dueMs.delete(pid);
  }

  nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const times of this.#dueMs.values()) for (const due of times) if (next === undefined || due < next) next = due;
    return next;
  }

  /** Takes the processes with a look that is due, each once, however many of its looks are. */
  take(nowMs: number): number[] {
    const pids: number[] = [];
    for (const [pid, times] of this.#dueMs) {
      const later = times.filter((due) => due > nowMs);
      if (later.length === times.length) continue;
      pids.push(pid);
      this.#count -= times.length - later.length;
      if (later.length === 0) this.#dueMs.delete(pid);
      else this.#dueMs.set(pid, later);
    }
    return pids;
  }
}

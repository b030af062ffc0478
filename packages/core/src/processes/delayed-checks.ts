import type { ExecutableId } from './executables.ts';
import type { ListeningPort } from './listening-port.ts';

/** Why a process is to be looked at; reasons of several events add up. */
export interface Check {
  dueMs: number;
  /** It has executed a program since it was last looked at. */
  executed: boolean;
  /** What the kernel called the file that it executed last. */
  executable: ExecutableId | undefined;
  /** The kernel follows it; it must be told when that is not wanted. */
  followed: boolean;
  /** Ports that an event said it listens on. */
  readonly ports: ListeningPort[];
}

const CAPACITY = 1024;

/**
 * Processes to be looked at a little later. The delay is what makes storms cheap: a process that lives shorter than it costs one
 * insertion, and one that executes three programs in a row is looked at once.
 */
export class DelayedChecks {
  readonly #checks = new Map<number, Check>();
  /** Checks that found no room. */
  dropped = 0;

  get size(): number {
    return this.#checks.size;
  }

  /** Returns the check of this process to add reasons to; undefined when there is no room. An earlier due time wins. */
  add(pid: number, dueMs: number): Check | undefined {
    const known = this.#checks.get(pid);
    if (known !== undefined) {
      known.dueMs = Math.min(known.dueMs, dueMs);
      return known;
    }
    if (this.#checks.size >= CAPACITY) {
      this.dropped++;
      return undefined;
    }
    const check: Check = { dueMs, executed: false, executable: undefined, followed: false, ports: [] };
    this.#checks.set(pid, check);
    return check;
  }

  has(pid: number): boolean {
    return this.#checks.has(pid);
  }

  delete(pid: number): void {
    this.#checks.delete(pid);
  }

  /** Takes one out of turn, if the kernel follows the process already: what it does may be asked about. */
  takeFollowed(pid: number): Check | undefined {
    const check = this.#checks.get(pid);
    if (check?.followed !== true) return undefined;
    this.#checks.delete(pid);
    return check;
  }

  /** When the next one is due; undefined when there is none. */
  nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const { dueMs } of this.#checks.values()) if (next === undefined || dueMs < next) next = dueMs;
    return next;
  }

  /** Takes those that are due, one at a time, so that the caller can stop between them. */
  *take(nowMs: number): Generator<readonly [pid: number, check: Check]> {
    for (const [pid, check] of this.#checks) {
      if (check.dueMs > nowMs) continue;
      this.#checks.delete(pid);
      yield [pid, check];
    }
  }
}

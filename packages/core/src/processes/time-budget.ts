/** Part of the event loop's time that looks may take in the long run. */
const SHARE = 0.1;
/** What may be saved up: the first processes of a start are looked at without delay. */
const MOST_MS = 500;

/** Keeps looks at processes from taking the event loop's time when very many processes come and go. */
export class TimeBudget {
  #availableMs = MOST_MS;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  isSpent(nowMs: number): boolean {
    this.#availableMs = Math.min(MOST_MS, this.#availableMs + (nowMs - this.#atMs) * SHARE);
    this.#atMs = nowMs;
    return this.#availableMs <= 0;
  }

  spend(ms: number): void {
    this.#availableMs -= ms;
  }
}

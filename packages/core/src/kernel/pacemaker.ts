/**
 * Wakes one waiter on a timer or when it is told to: the clock of the drain loop. Its timer never keeps the process alive.
 */
export class Pacemaker {
  #resolve: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWoken = false;

  /** Resolves after `ms`, or at `wake()`; at once when that came while nobody waited. One waiter at a time. */
  wait(ms: number): Promise<void> {
    if (this.#isWoken) {
      this.#isWoken = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(this.wake, ms);
      this.#timer.unref();
    });
  }

  readonly wake = (): void => {
    clearTimeout(this.#timer);
    if (this.#resolve === undefined) this.#isWoken = true;
    this.#resolve?.();
    this.#resolve = undefined;
  };
}

/**
 * Wakes one waiter on a timer or when it is told to: the clock of the drain loop. Its timer never keeps the process alive.
 */
export class Pacemaker {
  #resolve: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Resolves after `ms`, or at `wake()`. One waiter at a time. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(this.wake, ms);
      this.#timer.unref();
    });
  }

  readonly wake = (): void => {
    clearTimeout(this.#timer);
    this.#resolve?.();
    this.#resolve = undefined;
  };
}

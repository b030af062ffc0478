import { BeylaError } from './errors.ts';

/**
 * Keeps the rules of `Component` for its author: one start, an idempotent close, and close on abort.
 *
 * A start that fails closes what it had opened before it rejects; a close during a start waits for it, so `open` must not
 * await `close()`.
 *
 * @example
 * ```ts
 * import { Lifecycle } from '@beyla/core';
 * const lifecycle = new Lifecycle('ticker', async () => clearInterval(timer));
 * let timer: NodeJS.Timeout | undefined;
 * await lifecycle.start(undefined, async () => {
 *   timer = setInterval(() => undefined, 1_000);
 * });
 * await lifecycle.close();
 * ```
 *
 * @public
 */
export class Lifecycle {
  readonly #name: string;
  readonly #release: () => Promise<void>;
  #state: 'new' | 'starting' | 'running' | 'closed' = 'new';
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;

  /** `release` is called once, by the first `close()`, also when the component was never started. */
  constructor(name: string, release: () => Promise<void>) {
    this.#name = name;
    this.#release = release;
  }

  /** Where the component is in its life. */
  get state(): 'new' | 'starting' | 'running' | 'closed' {
    return this.#state;
  }

  /** Runs `open`; rejects with ALREADY_STARTED, CLOSED (also when aborted meanwhile), or what `open` rejects with. */
  async start(signal: AbortSignal | undefined, open: () => Promise<void>): Promise<void> {
    if (this.#state === 'closed') throw new BeylaError('CLOSED', `${this.#name} was closed before it was started`);
    if (this.#state !== 'new') throw new BeylaError('ALREADY_STARTED', `${this.#name} was started before`);
    this.#state = 'starting';
    this.#closeOnAbort(signal);
    try {
      if (this.#closing === undefined) {
        this.#opening = open();
        await this.#opening;
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#closing !== undefined) {
      await this.#closing;
      throw new BeylaError('CLOSED', `${this.#name} was closed while it started`);
    }
    this.#state = 'running';
  }

  /** Releases everything once; every call gets the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    this.#stopListening?.();
    // What a start in progress still opens would be left behind; its failure belongs to whoever called start().
    await this.#opening?.catch(() => undefined);
    await this.#release();
  }

  #closeOnAbort(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const onAbort = (): void => {
      // A rejection reaches whoever awaits close(); here it must not become an unhandled one.
      this.close().catch(() => undefined);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', onAbort);
  }
}

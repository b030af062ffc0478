/**
 * One box of a graph: typed arguments go in through the constructor, typed exports come out as properties or iterables.
 *
 * Lifetime: `start` once, then `close` (idempotent, also by `await using`). A component holds no global state and never
 * keeps the event loop alive by itself.
 *
 * @public
 */
export interface Component extends AsyncDisposable {
  /** Name for logs and debug output, e.g. `tracer`. */
  readonly name: string;
  /** Begins work; rejects with a `BeylaError` where it cannot. Aborting `signal` closes the component. */
  start(signal?: AbortSignal): Promise<void>;
  /** Releases everything; resolves when nothing of it is left. Idempotent. */
  close(): Promise<void>;
  /** How it is doing now; cheap. */
  health(): Health;
  /** A JSON-serialisable view of its inside, for people. */
  debugInfo(): Record<string, unknown>;
}

/**
 * What a component says of itself.
 *
 * @public
 */
export interface Health {
  /** `healthy`: all is well. `degraded`: works, with a named loss. `unhealthy`: does not do its job. */
  readonly status: 'starting' | 'healthy' | 'degraded' | 'unhealthy' | 'closed';
  /** One sentence per trouble, each with its cure. Empty when healthy. */
  readonly messages: readonly string[];
}

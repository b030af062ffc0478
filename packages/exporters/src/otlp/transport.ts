/**
 * Sends one OTLP request at a time and tells what became of it. Never keeps the event loop alive.
 */
export interface Transport {
  /** Never rejects. Gives up after the configured timeout. */
  send(body: Uint8Array): Promise<Answer>;
  /** Ends all connections and with them the requests under way; later ones are refused. Idempotent. */
  close(): void;
}

/** What a receiver said, or that it said nothing. */
export type Answer =
  /** The receiver took the request; the body may say that it rejected a part. */
  | { readonly kind: 'accepted'; readonly body: Uint8Array }
  /** Trying again may help, after `delayMs` where the receiver asked for a wait. */
  | { readonly kind: 'retryable'; readonly error: Error; readonly delayMs?: number }
  /** Trying again is of no use. */
  | { readonly kind: 'refused'; readonly error: Error };

/** Most that is read of an answer: a few rejected items and a message. */
export const MAX_ANSWER_BYTES: number = 1024 * 1024;

export function retryable(message: string, delayMs?: number, cause?: unknown): Answer {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  return delayMs === undefined ? { kind: 'retryable', error } : { kind: 'retryable', error, delayMs };
}

export function refused(message: string): Answer {
  return { kind: 'refused', error: new Error(message) };
}

/** A connection that broke or never was: the words of the system, where it has any. */
export function broken(error: unknown, host: string): Answer {
  const words =
    error instanceof Error ? error.message || ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
  return retryable(`no connection to ${host}: ${words}`, undefined, error);
}

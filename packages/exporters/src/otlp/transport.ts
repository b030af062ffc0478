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

/** An error with a short word for its kind, of which there are few: `http_503`, `grpc_UNAVAILABLE`, `ECONNREFUSED`. */
function errorOf(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}

export function retryable(code: string, message: string, delayMs?: number, cause?: unknown): Answer {
  const error = errorOf(code, message, cause);
  return delayMs === undefined ? { kind: 'retryable', error } : { kind: 'retryable', error, delayMs };
}

export function refused(code: string, message: string): Extract<Answer, { kind: 'refused' }> {
  return { kind: 'refused', error: errorOf(code, message) };
}

/** A connection that broke or never was: the words of the system, where it has any. */
export function broken(error: unknown, host: string): Answer {
  const words =
    error instanceof Error ? error.message || ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? 'connection') : 'connection';
  return retryable(code, `no connection to ${host}: ${words}`, undefined, error);
}

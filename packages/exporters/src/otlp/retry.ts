import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Transport } from './transport.ts';

const LEAST_WAIT_MS = 1_000;

/** When and how often to try again. */
export interface RetryPolicy {
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** Longest time for one request with all its retries. */
  readonly maxElapsedMs: number;
}

/**
 * Sends until the receiver has taken or refused it, or the time is over; waits longer each time, or as long as the receiver asked for,
 * but never less than our own wait or a second: what a receiver says must not become a storm.
 * `onRetry` hears of each failure that is not the last. Never rejects; ends early with the last answer when `signal` is aborted.
 */
export async function sendWithRetry(
  transport: Transport,
  body: Uint8Array,
  policy: RetryPolicy,
  signal: AbortSignal,
  onRetry: (error: Error) => void,
): Promise<Answer> {
  const deadlineMs = performance.now() + policy.maxElapsedMs;
  for (let delayMs = policy.initialDelayMs; ; delayMs = Math.min(2 * delayMs, policy.maxDelayMs)) {
    const answer = await transport.send(body);
    if (answer.kind !== 'retryable' || signal.aborted) return answer;
    const ownMs = Math.min(delayMs, policy.maxDelayMs);
    const waitMs = answer.delayMs === undefined ? jittered(ownMs) : askedMs(answer.delayMs, ownMs);
    if (performance.now() + waitMs > deadlineMs) return answer;
    onRetry(answer.error);
    try {
      await sleep(waitMs, undefined, { signal, ref: false });
    } catch {
      return answer;
    }
  }
}

/** At least what was asked for: not a moment too early. */
function askedMs(delayMs: number, ownMs: number): number {
  return Math.max(delayMs * (1 + 0.2 * Math.random()), jittered(Math.min(ownMs, LEAST_WAIT_MS)));
}

/** Between four and six fifths: clients that failed together must not come back together. */
function jittered(delayMs: number): number {
  return delayMs * (0.8 + 0.4 * Math.random());
}

/**
 * Waits for `work` at most `timeoutMs`; says whether it fulfilled in time. Never rejects: a failure is told to `onError`.
 *
 * For authors of exporters: a back end that does not answer must not hold up `close()`.
 *
 * @example
 * ```ts
 * import { fulfilledWithin } from '@beyla/core';
 * const delivered: boolean = await fulfilledWithin(fetch('http://127.0.0.1:4318'), 5_000);
 * ```
 *
 * @public
 */
export async function fulfilledWithin(
  work: Promise<unknown>,
  timeoutMs: number,
  onError?: (error: unknown) => void,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  // The timer keeps the event loop alive on purpose: someone awaits the answer.
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const done = work.then(
    () => true,
    (error: unknown) => {
      onError?.(error);
      return false;
    },
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

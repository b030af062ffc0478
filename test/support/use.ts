import { onTestFinished } from 'vitest';

/** Ends `resource` when the test ends, passed or failed; the one used last is ended first. */
export function use<T extends { stop(): Promise<void> } | AsyncDisposable>(resource: T): T {
  onTestFinished(async () => {
    await ('stop' in resource ? resource.stop() : resource[Symbol.asyncDispose]());
  });
  return resource;
}

import { Tracer, type TracerOptions } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';

const LOOKS = 15;

/** Milliseconds that a tracer with nothing to report takes for some looks at its ring. */
async function idleMs(options: TracerOptions): Promise<number> {
  await using tracer = new Tracer(options);
  await tracer.start();
  const startedMs = performance.now();
  let looks = 0;
  for await (const _ of tracer) {
    looks += 1;
    if (looks === LOOKS) break;
  }
  return performance.now() - startedMs;
}

describe('Tracer', needsBpf, () => {
  it('looks at a silent ring less and less often, but waits no longer than idleIntervalMs', async () => {
    // 50 ms, and a quarter more each time, up to 200 ms: more than 2 s. A busy machine adds to both.
    const byDefault = await idleMs({});
    const bounded = await idleMs({ idleIntervalMs: 20 });
    expect(byDefault).toBeGreaterThan(1_800);
    expect(bounded).toBeGreaterThan(13 * 20);
    expect(bounded).toBeLessThan(byDefault / 2);
  });
});

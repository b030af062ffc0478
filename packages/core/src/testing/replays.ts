import { expect } from 'vitest';
import type { EventBatch } from '../kernel/event-batch.ts';
import type { RequestSpan } from '../spans/span.ts';
import { isHttpSpan } from '../spans/span-kinds.ts';
import { InterpreterHarness } from './interpreter-harness.ts';
import { batchesOf, recorded } from './recorded.ts';

/** All that a span says, but for what is drawn anew for each, and what is masked in a recording. */
function facts({ traceId, spanId, ...span }: RequestSpan): unknown {
  const masked = isHttpSpan(span as RequestSpan) ? {} : { service: undefined, method: undefined };
  const texts = { path: undefined, query: undefined, userAgent: undefined, traceState: undefined };
  return { ...span, clock: undefined, ...texts, ...masked };
}

function run(batches: readonly EventBatch[]): { spans: unknown[]; lost: Record<string, number>; counts: unknown } {
  const harness = new InterpreterHarness({ probe: () => undefined });
  const spans: unknown[] = [];
  for (const batch of batches) spans.push(...harness.interpreter.interpret(batch).map(facts));
  return { spans, lost: harness.lost(), counts: harness.interpreter.stats() };
}

const QUIET: readonly EventBatch[] = batchesOf(new Array<Uint8Array[]>(30).fill([]));

/** Records in batches of the given sizes, over and over, and then a quiet time. */
export function grouped(records: readonly Uint8Array[], sizes: readonly number[]): EventBatch[] {
  const groups: Uint8Array[][] = [];
  for (let at = 0, next = 0; at < records.length; next++) {
    const size = sizes.length === 0 ? records.length : (sizes[next % sizes.length] ?? 1);
    groups.push(records.slice(at, at + size));
    at += size;
  }
  return batchesOf([...groups, ...new Array<Uint8Array[]>(30).fill([])]);
}

/** A replay of a recording of these batches says what the live run said, and none of `secrets` is in the file. Returns how many spans there are. */
export async function expectSameReplay(batches: readonly EventBatch[], secrets: readonly string[]): Promise<number> {
  const live = run(batches);
  const recording = await recorded(batches);
  const replayed = run([...recording.batches, ...QUIET]);
  expect(replayed.lost).toEqual(live.lost);
  expect(replayed.spans).toEqual(live.spans);
  expect(replayed.counts).toEqual(live.counts);
  for (const secret of secrets) expect(recording.file.includes(secret), secret).toBe(false);
  return live.spans.length;
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBatch } from '../kernel/event-batch.ts';
import type { RecordSource } from '../kernel/record-source.ts';
import { RecordingSource } from '../recording/recording-source.ts';
import { RecordingWriter } from '../recording/recording-writer.ts';
import { Clock } from '../spans/clock.ts';
import { batchOf } from './records.ts';

/** Time between the batches of `batchesOf`, as an `InterpreterHarness` has it. */
const BATCH_NS = 10_000_000;

/** Batches of records, 10 ms apart. */
export function batchesOf(groups: readonly (readonly Uint8Array[])[]): EventBatch[] {
  return groups.map((records, index) => {
    const bytes = batchOf(records);
    return { bytes, length: bytes.length, nowNs: (index + 2) * BATCH_NS };
  });
}

/** What a recording of these batches holds: the whole file, and the batches of its replay. */
export async function recorded(batches: readonly EventBatch[]): Promise<{ file: Buffer; batches: EventBatch[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'beyla-recorded-'));
  try {
    const path = join(folder, 'run.beyla');
    const writer = new RecordingWriter(path, { source: 'test', clock: new Clock(0n, 0n) } as unknown as RecordSource);
    await writer.start();
    for (const batch of batches) writer.batch(batch);
    await writer.close();
    await using source = new RecordingSource(path, { started: () => undefined, ended: () => undefined });
    await source.start();
    const replayed: EventBatch[] = [];
    for await (const batch of source) replayed.push(batch);
    return { file: await readFile(path), batches: replayed };
  } finally {
    await rm(folder, { recursive: true });
  }
}

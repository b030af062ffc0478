import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BatchQueue, type BatchQueueOptions } from './batch-queue.ts';

/** A back end that answers when the test says so. */
class BackEnd {
  readonly batches: number[][] = [];
  readonly #answers: ((delivered: boolean, rejected: number) => void)[] = [];

  readonly send = (batch: readonly number[]): ReturnType<BatchQueueOptions<number>['send']> => {
    this.batches.push([...batch]);
    return new Promise((resolve) => {
      this.#answers.push((delivered, rejected) =>
        resolve({ failed: delivered ? 0 : batch.length, rejected, tooLarge: 0 }),
      );
    });
  };

  async answer(delivered: boolean, rejected = 0): Promise<void> {
    this.#answers.shift()?.(delivered, rejected);
    await vi.advanceTimersByTimeAsync(0);
  }
}

function aQueue(backEnd: BackEnd, options: Partial<BatchQueueOptions<number>> = {}): BatchQueue<number> {
  return new BatchQueue({
    maxQueueSize: 10,
    maxBatchSize: 3,
    maxQueueBytes: 1_000,
    maxBatchBytes: 300,
    bytesOf: () => 1,
    delayMs: 1_000,
    send: backEnd.send,
    ...options,
  });
}

describe('BatchQueue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends a full batch in the next turn of the loop, not within add()', async () => {
    const backEnd = new BackEnd();
    const queue = aQueue(backEnd);
    for (let i = 0; i < 3; i += 1) queue.add(i);
    expect(backEnd.batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(backEnd.batches).toEqual([[0, 1, 2]]);
  });

  it('sends what is there after the delay', async () => {
    const backEnd = new BackEnd();
    const queue = aQueue(backEnd);
    queue.add(1);
    await vi.advanceTimersByTimeAsync(999);
    expect(backEnd.batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(backEnd.batches).toEqual([[1]]);
  });

  it('has one batch under way at a time, and goes on after it', async () => {
    const backEnd = new BackEnd();
    const queue = aQueue(backEnd);
    for (let i = 0; i < 7; i += 1) queue.add(i);
    await vi.advanceTimersByTimeAsync(1);
    expect(backEnd.batches).toHaveLength(1);
    await backEnd.answer(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(backEnd.batches).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    await backEnd.answer(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(backEnd.batches.at(-1)).toEqual([6]);
    await backEnd.answer(true);
    expect(queue.stats()).toMatchObject({ exported: 4, 'dropped.export_failed': 3, queued: 0 });
  });

  it('counts what a receiver rejects, at most the items of the batch', async () => {
    const backEnd = new BackEnd();
    const queue = aQueue(backEnd);
    for (let i = 0; i < 6; i += 1) queue.add(i);
    await vi.advanceTimersByTimeAsync(1);
    await backEnd.answer(true, 2);
    await vi.advanceTimersByTimeAsync(1);
    await backEnd.answer(true, 9);
    expect(queue.stats()).toMatchObject({ exported: 1, 'dropped.rejected': 5, queued: 0 });
  });

  it('drops and counts what does not fit while the back end is slow', async () => {
    const backEnd = new BackEnd();
    const queue = aQueue(backEnd);
    for (let i = 0; i < 3; i += 1) queue.add(i);
    await vi.advanceTimersByTimeAsync(1);
    for (let i = 0; i < 100; i += 1) queue.add(i);
    expect(queue.full).toBe(true);
    expect(queue.stats()).toMatchObject({ queued: 13, 'dropped.queue_full': 90 });
  });

  it('counts bytes, too: of a batch, of what waits and of what is under way', async () => {
    const backEnd = new BackEnd();
    // The items are as large as they say.
    const queue = aQueue(backEnd, { bytesOf: (item) => item });
    for (const item of [250, 50, 1, 399, 100]) queue.add(item);
    await vi.advanceTimersByTimeAsync(1);
    expect(backEnd.batches).toEqual([[250, 50]]);
    queue.add(201);
    expect(queue.full).toBe(true);
    queue.add(200);
    expect(queue.full).toBe(false);
    expect(queue.stats()).toMatchObject({ queued: 6, queue_bytes: 1_000, 'dropped.queue_full': 1 });
    for (let i = 0; i < 4; i += 1) {
      await backEnd.answer(true);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(backEnd.batches).toEqual([[250, 50], [1], [399], [100, 200]]);
    expect(queue.stats()).toMatchObject({ exported: 6, queued: 0, queue_bytes: 0 });
  });

  it('drain() sends what is held when it is called, in order, and ends while more is added', async () => {
    const backEnd = new BackEnd();
    const queue = aQueue(backEnd);
    for (let i = 0; i < 4; i += 1) queue.add(i);
    let drained = false;
    const drain = queue.drain().then(() => {
      drained = true;
    });
    for (let i = 0; i < 2; i += 1) {
      await vi.advanceTimersByTimeAsync(0);
      for (let more = 0; more < 3; more += 1) queue.add(100);
      await backEnd.answer(true);
    }
    await drain;
    expect(drained).toBe(true);
    expect(backEnd.batches.flat().slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  it('close() drops and counts what is held and under way, and everything later', async () => {
    const backEnd = new BackEnd();
    const queue = aQueue(backEnd);
    for (let i = 0; i < 5; i += 1) queue.add(i);
    await vi.advanceTimersByTimeAsync(1);
    queue.close();
    queue.close();
    queue.add(9);
    await backEnd.answer(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(backEnd.batches).toEqual([[0, 1, 2]]);
    expect(queue.stats()).toEqual({
      exported: 0,
      queued: 0,
      queue_capacity: 10,
      queue_bytes: 0,
      'dropped.queue_full': 0,
      'dropped.export_failed': 0,
      'dropped.rejected': 0,
      'dropped.too_large': 0,
      'dropped.shutdown': 6,
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});

// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { needsBpf } from '../../test/support/capability.ts';
import { native, openTicks, type Ticks, tickNumbers, u32, WAKE_UP } from './support.ts';
import { getppidInLibc } from './uprobe-target.ts';

/** 16 bytes of record, and the kernel's 8-byte header before each. */
const RECORD_BYTES = 16;
const RING_RECORDS = Math.floor(4096 / 24);

let ticks: Ticks | undefined;

afterEach(() => {
  ticks?.close();
  ticks = undefined;
});

function open(options?: Parameters<typeof openTicks>[0]): Ticks {
  ticks = openTicks(options);
  return ticks;
}

function drain(ring: Ticks['ring'], capacityBytes: number): number[] {
  const target = new Uint8Array(capacityBytes);
  return tickNumbers(target.subarray(0, native.drainRing(ring, target)), RECORD_BYTES);
}

function lostOn(object: Ticks['object']): number {
  const lost = native.map(object, 'lost');
  const value = new Uint8Array(native.mapValueBytes(lost));
  native.mapLookup(lost, u32(0), value);
  native.closeMap(lost);
  const perCpu = new Uint32Array(value.buffer);
  return perCpu.reduce((sum, count) => sum + count, 0);
}

const nextLoopIteration = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('drainRing()', needsBpf, () => {
  it('copies records in order and frees them', () => {
    const { ring, tick } = open();
    tick();
    tick();
    expect(native.ringFill(ring)).toEqual({ pendingBytes: 48, sizeBytes: 4096 });
    expect(drain(ring, 4096)).toEqual([0, 1]);
    expect(native.ringFill(ring).pendingBytes).toBe(0);
    expect(drain(ring, 4096)).toEqual([]);
  });

  it('stops before a record that does not fit and continues with it', () => {
    const { ring, tick } = open();
    for (let count = 0; count < 5; count++) tick();
    expect(drain(ring, 2 * RECORD_BYTES + 15)).toEqual([0, 1]);
    expect(drain(ring, 2 * RECORD_BYTES)).toEqual([2, 3]);
    expect(drain(ring, 4096)).toEqual([4]);
  });

  it('throws a RangeError when not even one record fits, and loses nothing', () => {
    const { ring, tick } = open();
    tick();
    expect(() => drain(ring, RECORD_BYTES - 1)).toThrow(
      new RangeError('target has 15 bytes but the next record needs 16'),
    );
    expect(() => drain(ring, 0)).toThrow(RangeError);
    expect(drain(ring, RECORD_BYTES)).toEqual([0]);
    expect(drain(ring, 0)).toEqual([]);
  });

  it('puts each record at a multiple of 8 with zeroed padding, whatever the target held', () => {
    const { ring, tick } = open({ fillerBytes: 3 });
    tick();
    tick();
    const target = new Uint8Array(64).fill(0xaa);
    expect(native.drainRing(ring, target)).toBe(48);
    expect([...target.subarray(16, 24)]).toEqual(new Array(8).fill(0));
    expect(new DataView(target.buffer).getBigUint64(24, true)).toBe(7n);
    expect([...target.subarray(48)]).toEqual(new Array(16).fill(0xaa));
  });

  it('writes through a view at an offset, and only inside it', () => {
    const { ring, tick } = open();
    tick();
    const whole = new Uint8Array(48).fill(0xaa);
    expect(native.drainRing(ring, whole.subarray(16, 32))).toBe(16);
    expect([...whole.subarray(0, 16), ...whole.subarray(32)]).toEqual(new Array(32).fill(0xaa));
    expect(new DataView(whole.buffer).getBigUint64(16, true)).toBe(7n);
  });

  it('accounts for every tick across many wraps of a full ring: sent = received + lost', () => {
    const { ring, tick, object } = open();
    const sent = 20 * RING_RECORDS;
    const received: number[] = [];
    for (let count = 1; count <= sent; count++) {
      tick();
      if (count % (RING_RECORDS + 13) === 0) received.push(...drain(ring, 4096));
    }
    received.push(...drain(ring, 4096));
    const lost = lostOn(object);
    expect(lost).toBeGreaterThan(0);
    expect(received.length + lost).toBe(sent);
    expect(received).toEqual([...new Set(received)].sort((a, b) => a - b));
  });
});

describe('watchRing()', needsBpf, () => {
  it('calls back for a wake-up, and not again for nothing', async () => {
    const { ring, tick } = open();
    let calls = 0;
    const called = new Promise<void>((resolve) => {
      native.watchRing(ring, () => {
        calls++;
        drain(ring, 4096);
        resolve();
      });
    });
    tick();
    await called;
    for (let turn = 0; turn < 20; turn++) await nextLoopIteration();
    expect(calls).toBe(1);
  });

  it('stays silent for records without a wake-up', async () => {
    const { ring, tick } = open({ flags: WAKE_UP.NEVER });
    let calls = 0;
    native.watchRing(ring, () => calls++);
    for (let turn = 0; turn < 20; turn++) {
      tick();
      await nextLoopIteration();
    }
    expect(calls).toBe(0);
    expect(drain(ring, 4096)).toHaveLength(20);
  });

  it('calls again in later iterations until a small target has emptied the ring', async () => {
    const { ring, tick } = open();
    const batches: number[][] = [];
    const done = new Promise<void>((resolve) => {
      native.watchRing(ring, () => {
        batches.push(drain(ring, 2 * RECORD_BYTES));
        if (batches.flat().length === 5) resolve();
      });
    });
    for (let count = 0; count < 5; count++) tick();
    await done;
    expect(batches).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('calls again when the callback did not drain', async () => {
    const { ring, tick } = open();
    let calls = 0;
    await new Promise<void>((resolve) => {
      native.watchRing(ring, () => {
        if (++calls === 3) resolve();
      });
      tick();
    });
    expect(native.ringFill(ring).pendingBytes).toBe(24);
  });

  it('may close its ring in the callback', async () => {
    const { ring, tick } = open();
    await new Promise<void>((resolve) => {
      native.watchRing(ring, () => {
        native.closeRing(ring);
        resolve();
      });
      tick();
    });
    tick();
    await nextLoopIteration();
    expect(() => native.ringFill(ring)).toThrow(new TypeError('the ring handle is closed'));
  });

  it('refuses a second watcher and what is not a function', () => {
    const { ring } = open();
    native.watchRing(ring, () => {});
    expect(() => native.watchRing(ring, () => {})).toThrow(expect.objectContaining({ errno: 16 }));
    expect(() => native.watchRing(ring, undefined as never)).toThrow(TypeError);
  });

  // A wake-up that got lost would leave the last records on the ring for ever: nothing else looks at it.
  it('loses no wake-up while another thread writes: all of 50,000 ticks arrive or are counted as lost', async () => {
    const { ring, object, link: renames } = open();
    // Newer versions of Node name a worker's thread, which would be a tick too many.
    native.closeLink(renames);
    const { path, offset } = getppidInLibc();
    const link = native.attachUprobe(object, 'tick_on_call', {
      path,
      offsets: [offset],
      pid: process.pid,
      return: false,
      multi: false,
    });
    const sent = 50_000;
    let received = 0;
    let finished = false;
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (finished && received + lostOn(object) === sent) resolve();
      };
      const target = new Uint8Array(4096);
      native.watchRing(ring, () => {
        // Readers of different slowness, so that the last look at the ring falls into every moment of a write.
        const until = process.hrtime.bigint() + BigInt((received * 997) % 100_000);
        while (process.hrtime.bigint() < until);
        received += native.drainRing(ring, target) / RECORD_BYTES;
        check();
      });
      const worker = new Worker(`let sum = 0; for (let count = 0; count < ${sent}; count++) sum += process.ppid;`, {
        eval: true,
      });
      worker.once('error', reject);
      worker.once('exit', () => {
        finished = true;
        check();
      });
    });
    expect(received).toBeGreaterThan(RING_RECORDS);
    native.closeLink(link);
  });
});

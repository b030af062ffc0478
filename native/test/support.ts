// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Native from '../index.d.ts';

export const native: typeof Native = createRequire(import.meta.url)('../load.cjs');

export const folder: string = dirname(fileURLToPath(import.meta.url));

/** The compiled fixtures/ticks.bpf.c. */
export function ticksElf(): Uint8Array {
  return readFileSync(join(folder, 'fixtures/ticks.bpf.o'));
}

export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

export function u64(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

/** Constants of the fixture that select this process. */
export function ownProcess(): Record<string, Uint8Array> {
  const { dev, ino } = statSync('/proc/self/ns/pid', { bigint: true });
  return { target_pid: u32(process.pid), namespace_device: u64(dev), namespace_inode: u64(ino) };
}

/** Submission flags of the kernel's enum bpf_ringbuf_output flags. */
export const WAKE_UP: { ADAPTIVE: bigint; NEVER: bigint; ALWAYS: bigint } = { ADAPTIVE: 0n, NEVER: 1n, ALWAYS: 2n };

export interface Ticks {
  object: Native.ObjectHandle;
  link: Native.LinkHandle;
  ring: Native.RingHandle;
  /** Puts one record on the ring, before it returns. */
  tick(): void;
  close(): void;
}

/** Loads and attaches the fixture so that this process, and no other, can feed its ring. */
export function openTicks(options: { fillerBytes?: number; flags?: bigint; uprobeMulti?: boolean } = {}): Ticks {
  const object = native.openObject(ticksElf(), {
    name: 'ticks',
    disabledPrograms: ['rejected'],
    uprobeMulti: options.uprobeMulti ?? false,
    constants: {
      ...ownProcess(),
      filler_bytes: u32(options.fillerBytes ?? 0),
      submit_flags: u64(options.flags ?? WAKE_UP.ADAPTIVE),
    },
  });
  native.loadObject(object);
  const map = native.map(object, 'ring');
  const ring = native.openRing(map);
  native.closeMap(map);
  const link = native.attach(object, 'tick_on_rename');
  return {
    object,
    link,
    ring,
    tick: () => {
      process.title = 'ticks';
    },
    close: () => {
      native.closeLink(link);
      native.closeRing(ring);
      native.closeObject(object);
    },
  };
}

/** The `number` of every tick in drained bytes, whose records are all of one size. */
export function tickNumbers(drained: Uint8Array, recordBytes: number): number[] {
  const view = new DataView(drained.buffer, drained.byteOffset, drained.byteLength);
  return Array.from({ length: drained.length / recordBytes }, (_, index) =>
    Number(view.getBigUint64(index * recordBytes + 8, true)),
  );
}

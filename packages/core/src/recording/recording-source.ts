import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Health } from '../component.ts';
import { BeylaError } from '../errors.ts';
import { BEYLA_ABI_VERSION } from '../events/layout.gen.ts';
import type { EventBatch } from '../kernel/event-batch.ts';
import type { RecordSource } from '../kernel/record-source.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { ProcessInfo } from '../processes/process.ts';
import { Clock } from '../spans/clock.ts';
import { FRAME, FRAME_BYTES_MAX, FRAME_PREFIX_BYTES, type RecordingHeader } from './frame.ts';

const NOW_BYTES = 8;

/**
 * Told of the processes of a recording where they appear in it.
 *
 * @public
 */
export interface RecordedProcesses {
  started(process: ProcessInfo): void;
  ended(pid: number, startTicks: number): void;
}

/**
 * Replays a recording as fast as its consumer takes the batches; works on every platform and needs no privilege.
 *
 * @throws BeylaError `RECORDING_INVALID` from `start` and from the iteration.
 *
 * @example
 * ```ts
 * import { RecordingSource } from '@beyla/core';
 * await using source = new RecordingSource('requests.beyla', {
 *   started: (process) => console.log(process.pid, process.service.name),
 *   ended: (pid) => console.log(pid, 'ended'),
 * });
 * await source.start();
 * for await (const batch of source) console.log(`${batch.length} bytes of records`);
 * ```
 *
 * @public
 */
export class RecordingSource implements RecordSource {
  readonly name = 'recording-source';
  readonly source = 'recording';
  readonly probe: undefined;
  readonly clock: Clock = new Clock(0n, 0n);
  readonly #path: string;
  readonly #processes: RecordedProcesses;
  readonly #lifecycle: Lifecycle;
  #file: FileHandle | undefined;
  #header: RecordingHeader | undefined;
  #batches = 0;
  #isDone = false;

  constructor(path: string, processes: RecordedProcesses) {
    this.#path = path;
    this.#processes = processes;
    this.#lifecycle = new Lifecycle(this.name, async () => this.#file?.close());
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      try {
        this.#file = await open(this.#path, 'r');
      } catch (cause) {
        throw new BeylaError('RECORDING_INVALID', `${this.#path} cannot be read`, { cause });
      }
      const first = await this.#next();
      const header = first?.type === FRAME.HEADER ? (parse(first.payload, this.#path) as RecordingHeader) : undefined;
      if (header?.format !== 'beyla-recording' || header.version !== 1 || header.abi !== BEYLA_ABI_VERSION) {
        throw new BeylaError('RECORDING_INVALID', `${this.#path} does not begin as a recording of this version`);
      }
      this.#header = header;
    });
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventBatch, void, void> {
    let nowNs = 0;
    for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
      const { type, payload } = next;
      if (type === FRAME.BATCH) {
        nowNs = new DataView(payload.buffer, payload.byteOffset).getFloat64(0, true);
        // A copy at the start of a buffer of its own: records are read by words, which must be aligned.
        const bytes = payload.slice(NOW_BYTES);
        this.#batches += 1;
        yield { bytes, length: bytes.length, nowNs };
        await setImmediate();
      } else {
        this.#apply(type, payload);
      }
    }
    this.#isDone = true;
    // Lets whoever waits for silence on a connection see it.
    yield { bytes: new Uint8Array(0), length: 0, nowNs: nowNs + 60e9 };
  }

  setRules(): void {}
  decide(): void {}
  compared(): void {}
  select(): void {}
  addPort(): void {}
  removePort(): void {}
  deselect(): void {}
  setVerdict(): void {}
  speaksTls(): void {}
  loadsLibraries(): void {}
  readsUnseen(): void {}
  wake(): void {}

  counters(): Readonly<Record<string, number>> {
    return { batches: this.#batches };
  }

  health(): Health {
    if (this.#lifecycle.state === 'closed') return { status: 'closed', messages: [] };
    return { status: this.#header === undefined ? 'starting' : 'healthy', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return { path: this.#path, header: this.#header, batches: this.#batches, done: this.#isDone };
  }

  #apply(type: number, payload: Uint8Array): void {
    const value = parse(payload, this.#path) as Record<string, unknown>;
    if (type === FRAME.CLOCK) {
      this.clock.adjust(BigInt(String(value['monotonicNs'])), BigInt(String(value['realtimeNs'])));
    } else if (type === FRAME.PROCESS_STARTED) {
      this.#processes.started(value as unknown as ProcessInfo);
    } else if (type === FRAME.PROCESS_ENDED) {
      this.#processes.ended(Number(value['pid']), Number(value['startTicks']));
    }
  }

  async #next(): Promise<{ type: number; payload: Uint8Array } | undefined> {
    const prefix = await this.#read(FRAME_PREFIX_BYTES);
    if (prefix === undefined) return undefined;
    const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0, true);
    const payload = length > FRAME_BYTES_MAX ? undefined : await this.#read(length);
    if (payload === undefined) throw new BeylaError('RECORDING_INVALID', `${this.#path} is cut off or damaged`);
    return { type: prefix[4] ?? 0, payload };
  }

  /** Undefined at the end of the file. */
  async #read(length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length);
    if (length === 0) return bytes;
    const { bytesRead } = (await this.#file?.read(bytes, 0, length)) ?? { bytesRead: 0 };
    return bytesRead === length ? bytes : undefined;
  }
}

function parse(payload: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (cause) {
    throw new BeylaError('RECORDING_INVALID', `${path} is damaged`, { cause });
  }
}

import { type FileHandle, open } from 'node:fs/promises';
import type { Component, Health } from '../component.ts';
import { BEYLA_ABI_VERSION } from '../events/layout.gen.ts';
import type { EventBatch } from '../kernel/event-batch.ts';
import type { RecordSource } from '../kernel/record-source.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { ProcessInfo } from '../processes/process.ts';
import { beginFrame, FRAME, FRAME_PREFIX_BYTES, jsonFrame } from './frame.ts';
import { RecordedProtocols } from './recorded-protocols.ts';
import { redactBatch } from './redact.ts';

/** Most bytes that wait for the disk; batches beyond are dropped and counted. */
const QUEUE_BYTES_MAX = 32 << 20;
const NOW_BYTES = 8;

/**
 * Writes batches to a file, redacted, for `replayFrom`.
 *
 * The file holds what the capture limits let out of the selected processes: heads of messages with secret values masked. Never
 * blocks: what the disk cannot take is dropped, counted, and makes it `degraded`.
 *
 * @example
 * ```ts
 * import { RecordingWriter, Tracer } from '@beyla/core';
 * await using tracer = new Tracer();
 * await using writer = new RecordingWriter('requests.beyla', tracer);
 * await tracer.start();
 * await writer.start();
 * for await (const batch of tracer) writer.batch(batch);
 * ```
 *
 * @public
 */
export class RecordingWriter implements Component {
  readonly name = 'recording-writer';
  readonly #path: string;
  readonly #source: RecordSource;
  readonly #lifecycle: Lifecycle;
  #file: FileHandle | undefined;
  #queue: Uint8Array[] = [];
  readonly #protocols = new RecordedProtocols();
  #queuedBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #batches = 0;
  #clockRevision = -1;
  #dropped = 0;
  #failure: Error | undefined;

  /** `path` is overwritten; `source` is where the batches come from. */
  constructor(path: string, source: RecordSource) {
    this.#path = path;
    this.#source = source;
    this.#lifecycle = new Lifecycle(this.name, () => this.#release());
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => {
      this.#file = await open(this.#path, 'w', 0o600);
      this.#write(
        jsonFrame(FRAME.HEADER, {
          format: 'beyla-recording',
          version: 1,
          abi: BEYLA_ABI_VERSION,
          source: this.#source.source,
        }),
      );
    });
  }

  /** Spans of a replay need the processes they belong to: call it before the first batch that speaks of this one. */
  processStarted(process: ProcessInfo): void {
    this.#write(jsonFrame(FRAME.PROCESS_STARTED, process));
  }

  processEnded({ pid, startTicks }: ProcessInfo): void {
    this.#write(jsonFrame(FRAME.PROCESS_ENDED, { pid, startTicks }));
  }

  /** Takes a copy; the caller may reuse the bytes. */
  batch({ bytes, length, nowNs }: EventBatch): void {
    if (length === 0) return;
    const { clock } = this.#source;
    if (clock.revision !== this.#clockRevision) {
      this.#clockRevision = clock.revision;
      this.#write(jsonFrame(FRAME.CLOCK, clock));
    }
    // The frame is made in place: a batch may be a megabyte, and the ring fills while it is copied.
    const frame = beginFrame(FRAME.BATCH, NOW_BYTES + length);
    const recordsStart = FRAME_PREFIX_BYTES + NOW_BYTES;
    new DataView(frame.buffer).setFloat64(FRAME_PREFIX_BYTES, nowNs, true);
    frame.set(bytes.subarray(0, length), recordsStart);
    redactBatch(frame, recordsStart, this.#protocols);
    this.#batches += 1;
    this.#write(frame);
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  health(): Health {
    if (this.#lifecycle.state === 'closed') return { status: 'closed', messages: [] };
    const messages: string[] = [];
    if (this.#failure !== undefined) messages.push(`${this.#path} cannot be written: ${this.#failure.message}`);
    if (this.#dropped > 0) messages.push(`${this.#dropped} frames were dropped: the disk is too slow`);
    return { status: messages.length > 0 ? 'degraded' : 'healthy', messages };
  }

  debugInfo(): Record<string, unknown> {
    return { path: this.#path, batches: this.#batches, dropped: this.#dropped, queuedBytes: this.#queuedBytes };
  }

  #write(bytes: Uint8Array): void {
    if (this.#queuedBytes + bytes.length > QUEUE_BYTES_MAX || this.#failure !== undefined) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#isWriting) this.#writing = this.#flush();
  }

  async #flush(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0 && this.#failure === undefined) {
      const frames = this.#queue;
      const bytes = this.#queuedBytes;
      this.#queue = [];
      try {
        await this.#file?.writev(frames);
      } catch (error) {
        this.#failure = error as Error;
      }
      this.#queuedBytes -= bytes;
    }
    this.#isWriting = false;
  }

  async #release(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
  }
}

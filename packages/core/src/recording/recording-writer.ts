import { type FileHandle, open } from 'node:fs/promises';
import type { Component, Health } from '../component.ts';
import { BEYLA_ABI_VERSION } from '../events/layout.gen.ts';
import type { EventBatch } from '../kernel/event-batch.ts';
import type { RecordSource } from '../kernel/record-source.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { ProcessInfo } from '../processes/process.ts';
import { ContentRedactor } from './content-redactor.ts';
import { beginFrame, FRAME, FRAME_PREFIX_BYTES, jsonFrame } from './frame.ts';
import { recordedProcess } from './recorded-process.ts';
import { redactBatch } from './redact.ts';

/** Most bytes that wait for the disk; batches beyond are dropped and counted. */
const QUEUE_BYTES_MAX = 32 << 20;
const NOW_BYTES = 8;
/** Frames that wait for the rest of a header block: at most so many bytes, and so long. */
const HELD_BYTES_MAX = 8 << 20;
const HELD_NS_MAX = 1e9;

/** A frame that is not written yet, since something in it is undecided, or since one before it is held. */
interface HeldFrame {
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly sinceNs: number;
}

/**
 * What a recording holds beside what a replay needs.
 *
 * @public
 */
export interface RecordingOptions {
  /** Request paths, and the names of the parameters of their queries; default false: they are masked. */
  readonly keepsPaths?: boolean;
}

/**
 * Writes batches to a file, redacted, for `replayFrom`.
 *
 * All content is masked, but for what HTTP/1 and HTTP/2 are told by and what is known to be harmless: methods, versions, status codes, hosts,
 * `traceparent`, lengths, the types and status codes of gRPC, and addresses. What is not understood is masked whole. A head may begin in one batch and
 * end in another: what follows waits for it, for a second at most. Never blocks: what the disk cannot take is dropped, counted, and makes
 * it `degraded`.
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
  readonly #content: ContentRedactor;
  #held: HeldFrame[] = [];
  #heldBytes = 0;
  #frames = 0;
  #nowNs = 0;
  #queuedBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #batches = 0;
  #clockRevision = -1;
  #dropped = 0;
  #failure: Error | undefined;

  /** `path` is overwritten; `source` is where the batches come from. */
  constructor(path: string, source: RecordSource, options: RecordingOptions = {}) {
    this.#path = path;
    this.#source = source;
    this.#content = new ContentRedactor(options.keepsPaths === true);
    this.#lifecycle = new Lifecycle(this.name, () => this.#finish());
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
    this.#add(jsonFrame(FRAME.PROCESS_STARTED, recordedProcess(process)));
  }

  processEnded({ pid, startTicks }: ProcessInfo): void {
    this.#add(jsonFrame(FRAME.PROCESS_ENDED, { pid, startTicks }));
  }

  /** Takes a copy; the caller may reuse the bytes. It wants empty batches, too, since time passes with them. */
  batch(batch: EventBatch): void {
    const { bytes, length, nowNs } = batch;
    this.#nowNs = nowNs;
    const { clock } = this.#source;
    if (length > 0 && clock.revision !== this.#clockRevision) {
      this.#clockRevision = clock.revision;
      this.#add(jsonFrame(FRAME.CLOCK, clock));
    }
    // The frame is made in place: a batch may be a megabyte, and the ring fills while it is copied.
    const frame = beginFrame(FRAME.BATCH, NOW_BYTES + length);
    const recordsStart = FRAME_PREFIX_BYTES + NOW_BYTES;
    new DataView(frame.buffer).setFloat64(FRAME_PREFIX_BYTES, nowNs, true);
    frame.set(bytes.subarray(0, length), recordsStart);
    redactBatch(frame, recordsStart);
    this.#content.batch(batch, frame, recordsStart, this.#frames);
    if (length > 0) {
      this.#batches += 1;
      this.#hold(frame);
    }
    this.#release();
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
    return {
      path: this.#path,
      batches: this.#batches,
      dropped: this.#dropped,
      queuedBytes: this.#queuedBytes,
      heldBytes: this.#heldBytes,
      headerBlocksGivenUp: this.#content.spoiled,
    };
  }

  #add(frame: Uint8Array): void {
    this.#hold(frame);
    this.#release();
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push({ bytes, number: this.#frames++, sinceNs: this.#nowNs });
    this.#heldBytes += bytes.length;
  }

  /** Writes the frames that are as they shall be. */
  #release(): void {
    const first = this.#held[0];
    if (first === undefined) return;
    if (this.#heldBytes > HELD_BYTES_MAX || this.#nowNs - first.sinceNs > HELD_NS_MAX) this.#content.giveUp();
    const undecided = this.#content.firstUndecided;
    let released = 0;
    for (const { bytes, number } of this.#held) {
      if (number >= undecided) break;
      this.#heldBytes -= bytes.length;
      this.#write(bytes);
      released += 1;
    }
    if (released > 0) this.#held = this.#held.slice(released);
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

  async #finish(): Promise<void> {
    this.#content.giveUp();
    this.#release();
    await this.#writing;
    await this.#file?.close();
  }
}

import { type Beyla, type BeylaOptions, createBeyla, type ProcessInfo, type RequestSpan } from '@beyla/core';
import { totalDrops } from './account.ts';

/** How long a promise of this library may take before a test says what is missing. */
const SETTLE_TIMEOUT_MS = 20_000;

export interface WatchOptions extends Omit<BeylaOptions, 'discovery'> {
  /** Processes to select, each started by the test itself. */
  pids?: readonly number[];
  /** Instead of `pids`. */
  discovery?: BeylaOptions['discovery'];
}

/** A running Beyla whose spans and processes a test can wait for. */
export interface Watch extends AsyncDisposable {
  readonly beyla: Beyla;
  /** Every span so far, in the order of arrival. */
  readonly spans: readonly RequestSpan[];
  readonly processes: readonly ProcessInfo[];
  /** Resolves when `count` spans were seen; rejects with the whole account when they do not come. */
  settled(count: number, timeoutMs?: number): Promise<readonly RequestSpan[]>;
  /** Resolves when `count` spans that fit were seen. */
  settledWith(fits: (span: RequestSpan) => boolean, count?: number, timeoutMs?: number): Promise<void>;
  /** Resolves when spans and drops together are `count`. */
  accounted(count: number, timeoutMs?: number): Promise<void>;
  /** Resolves with the first selected process that fits. */
  started(fits: (process: ProcessInfo) => boolean, timeoutMs?: number): Promise<ProcessInfo>;
  /** Resolves when this process was let go. */
  ended(pid: number, timeoutMs?: number): Promise<void>;
  /** Closes and returns every span, those included that came while closing: a surplus shows here. */
  finish(): Promise<readonly RequestSpan[]>;
}

interface Waiter {
  readonly done: () => boolean;
  readonly resolve: () => void;
}

class Watching implements Watch {
  readonly beyla: Beyla;
  readonly spans: RequestSpan[] = [];
  readonly processes: ProcessInfo[] = [];
  readonly #endedPids = new Set<number>();
  readonly #waiters = new Set<Waiter>();

  constructor(beyla: Beyla) {
    this.beyla = beyla;
    beyla.on('span', (spans) => {
      this.spans.push(...spans);
      this.#check();
    });
    beyla.on('drop', () => this.#check());
    beyla.on('process', ({ type, process }) => {
      if (type === 'started') {
        this.processes.push(process);
      } else {
        this.#endedPids.add(process.pid);
      }
      this.#check();
    });
  }

  async settled(count: number, timeoutMs = SETTLE_TIMEOUT_MS): Promise<readonly RequestSpan[]> {
    await this.#until(
      () => this.spans.length >= count,
      timeoutMs,
      () => `${count} spans, saw ${this.spans.length}`,
    );
    return this.spans;
  }

  async settledWith(fits: (span: RequestSpan) => boolean, count = 1, timeoutMs = SETTLE_TIMEOUT_MS): Promise<void> {
    const seen = () => this.spans.filter(fits).length;
    await this.#until(
      () => seen() >= count,
      timeoutMs,
      () => `${count} such spans, saw ${seen()}`,
    );
  }

  async accounted(count: number, timeoutMs = SETTLE_TIMEOUT_MS): Promise<void> {
    await this.#until(
      () => this.spans.length + totalDrops(this.beyla) >= count,
      timeoutMs,
      () => `${count} spans and drops, saw ${this.spans.length} and ${totalDrops(this.beyla)}`,
    );
  }

  async started(fits: (process: ProcessInfo) => boolean, timeoutMs = SETTLE_TIMEOUT_MS): Promise<ProcessInfo> {
    await this.#until(
      () => this.processes.some(fits),
      timeoutMs,
      () => `a process, saw ${this.processes.map((process) => process.pid).join(', ') || 'none'}`,
    );
    return this.processes.find(fits) as ProcessInfo;
  }

  async ended(pid: number, timeoutMs = SETTLE_TIMEOUT_MS): Promise<void> {
    await this.#until(
      () => this.#endedPids.has(pid),
      timeoutMs,
      () => `the end of process ${pid}, saw ${[...this.#endedPids].join(', ') || 'none'}`,
    );
  }

  async finish(): Promise<readonly RequestSpan[]> {
    await this.beyla.close();
    return this.spans;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.beyla.close();
  }

  #check(): void {
    for (const waiter of this.#waiters) {
      if (waiter.done()) {
        this.#waiters.delete(waiter);
        waiter.resolve();
      }
    }
  }

  #until(done: () => boolean, timeoutMs: number, what: () => string): Promise<void> {
    if (done()) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        done,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const account = JSON.stringify({ stats: this.beyla.stats(), health: this.beyla.health() }, undefined, 1);
        reject(new Error(`waited ${timeoutMs} ms for ${what()}\n${account}`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}

/** Starts Beyla and resolves when every process of `pids` is selected. Errors of the pipeline fail the test. */
export async function watch({ pids, discovery, ...options }: WatchOptions): Promise<Watch> {
  const beyla = await createBeyla({
    ...options,
    discovery: discovery ?? { instrument: [{ targetPids: pids ?? [] }] },
  });
  const watching = new Watching(beyla);
  try {
    await Promise.all((pids ?? []).map((pid) => watching.started((process) => process.pid === pid)));
  } catch (error) {
    await beyla.close();
    throw error;
  }
  return watching;
}

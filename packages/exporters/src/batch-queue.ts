/** What a queue needs to know. */
export interface BatchQueueOptions<T> {
  /** Items held at most; what comes beyond is dropped, newest first. */
  readonly maxQueueSize: number;
  /** Items per call of `send`. */
  readonly maxBatchSize: number;
  /** Longest time an item waits for its batch to fill, in milliseconds. */
  readonly delayMs: number;
  /** Delivers a batch; says what became of it. Must not reject. */
  readonly send: (batch: readonly T[]) => Promise<BatchOutcome>;
}

/** `delivered`: it arrived, but for `rejected` items that the receiver would not have; else none of it did. */
export interface BatchOutcome {
  readonly delivered: boolean;
  readonly rejected: number;
}

/**
 * A bounded queue that sends batches one after the other: when one is full, and at the latest after a delay.
 *
 * Every item that was added is counted as one of: delivered, dropped by reason, or held. Timers do not keep the event loop alive.
 */
export class BatchQueue<T> {
  readonly #options: BatchQueueOptions<T>;
  #items: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerIsShort = false;
  #sending: Promise<void> | undefined;
  #inFlight = 0;
  #closed = false;
  #delivered = 0;
  #droppedQueueFull = 0;
  #droppedExportFailed = 0;
  #droppedRejected = 0;
  #droppedShutdown = 0;

  constructor(options: BatchQueueOptions<T>) {
    this.#options = options;
  }

  /** Whether the next item would be dropped. */
  get full(): boolean {
    return this.#items.length >= this.#options.maxQueueSize;
  }

  add(item: T): void {
    if (this.#closed) {
      this.#droppedShutdown += 1;
    } else if (this.full) {
      this.#droppedQueueFull += 1;
    } else {
      this.#items.push(item);
      this.#schedule();
    }
  }

  /** Sends what is held now; resolves when that was sent, delivered or not. */
  async drain(): Promise<void> {
    await this.#sending;
    let left = this.#items.length;
    while (left > 0 && !this.#closed) {
      left -= this.#options.maxBatchSize;
      await (this.#sending ?? this.#sendOne());
    }
  }

  /** Drops what is held, also what is under way: its outcome is no longer waited for. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#droppedShutdown += this.#items.length + this.#inFlight;
    this.#inFlight = 0;
    this.#items = [];
  }

  stats(): Record<string, number> {
    return {
      exported: this.#delivered,
      queued: this.#items.length + this.#inFlight,
      queue_capacity: this.#options.maxQueueSize,
      'dropped.queue_full': this.#droppedQueueFull,
      'dropped.export_failed': this.#droppedExportFailed,
      'dropped.rejected': this.#droppedRejected,
      'dropped.shutdown': this.#droppedShutdown,
    };
  }

  #schedule(): void {
    if (this.#sending !== undefined || this.#items.length === 0 || this.#closed) return;
    const short = this.#items.length >= this.#options.maxBatchSize;
    if (this.#timer !== undefined && (this.#timerIsShort || !short)) return;
    clearTimeout(this.#timer);
    this.#timerIsShort = short;
    // Also a full batch waits for the next turn of the loop: encoding it must not delay whoever added the last item.
    this.#timer = setTimeout(() => void this.#sendOne(), short ? 0 : this.#options.delayMs);
    this.#timer.unref();
  }

  #sendOne(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#items.splice(0, this.#options.maxBatchSize);
    this.#inFlight = batch.length;
    this.#sending = this.#options.send(batch).then(({ delivered, rejected }) => {
      this.#sending = undefined;
      if (this.#closed) return;
      this.#inFlight = 0;
      if (delivered) {
        const lost = Math.min(rejected, batch.length);
        this.#droppedRejected += lost;
        this.#delivered += batch.length - lost;
      } else {
        this.#droppedExportFailed += batch.length;
      }
      this.#schedule();
    });
    return this.#sending;
  }
}

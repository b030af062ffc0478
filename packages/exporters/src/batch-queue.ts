/** What a queue needs to know. */
export interface BatchQueueOptions<T> {
  /** Items held at most; what comes beyond is dropped, newest first. */
  readonly maxQueueSize: number;
  /** Items per call of `send`. */
  readonly maxBatchSize: number;
  /** Bytes of the items held and under way at most; what comes beyond is dropped, newest first. */
  readonly maxQueueBytes: number;
  /** Bytes of the items per call of `send`; an item that has more goes alone. */
  readonly maxBatchBytes: number;
  readonly bytesOf: (item: T) => number;
  /** Longest time an item waits for its batch to fill, in milliseconds. */
  readonly delayMs: number;
  /** Delivers a batch; says what became of it. Must not reject. */
  readonly send: (batch: readonly T[]) => Promise<BatchOutcome>;
}

/** How many items of a batch did not arrive. */
export interface BatchOutcome {
  readonly failed: number;
  /** Items that the receiver would not have. */
  readonly rejected: number;
  /** Items that are too large for the receiver, each of them alone. */
  readonly tooLarge: number;
}

interface Sized<T> {
  readonly item: T;
  readonly bytes: number;
}

/**
 * A bounded queue that sends batches one after the other: when one is full, and at the latest after a delay.
 *
 * Every item that was added is counted as one of: delivered, dropped by reason, or held. Timers do not keep the event loop alive.
 */
export class BatchQueue<T> {
  readonly #options: BatchQueueOptions<T>;
  #items: Sized<T>[] = [];
  /** Of what is held, and of what is under way. */
  #heldBytes = 0;
  #inFlightBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerIsShort = false;
  #sending: Promise<void> | undefined;
  #inFlight = 0;
  /** Items that were taken out, in the order in which they came. */
  #taken = 0;
  #closed = false;
  #lastDidNotFit = false;
  #delivered = 0;
  #droppedQueueFull = 0;
  #droppedExportFailed = 0;
  #droppedRejected = 0;
  #droppedTooLarge = 0;
  #droppedShutdown = 0;

  constructor(options: BatchQueueOptions<T>) {
    this.#options = options;
  }

  /** Whether the last item that came was dropped, or the next one would be. */
  get full(): boolean {
    return this.#items.length >= this.#options.maxQueueSize || this.#lastDidNotFit;
  }

  add(item: T): void {
    if (this.#closed) {
      this.#droppedShutdown += 1;
      return;
    }
    const bytes = this.#options.bytesOf(item);
    this.#lastDidNotFit = this.#heldBytes + this.#inFlightBytes + bytes > this.#options.maxQueueBytes;
    if (this.full) {
      this.#droppedQueueFull += 1;
    } else {
      this.#items.push({ item, bytes });
      this.#heldBytes += bytes;
      this.#schedule();
    }
  }

  /** Sends what is held now; resolves when that was sent, delivered or not. */
  async drain(): Promise<void> {
    await this.#sending;
    const end = this.#taken + this.#items.length;
    while (this.#taken < end && !this.#closed) await (this.#sending ?? this.#sendOne());
    await this.#sending;
  }

  /** Drops what is held, also what is under way: its outcome is no longer waited for. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#droppedShutdown += this.#items.length + this.#inFlight;
    this.#inFlight = 0;
    this.#items = [];
    this.#heldBytes = 0;
    this.#inFlightBytes = 0;
  }

  stats(): Record<string, number> {
    return {
      exported: this.#delivered,
      queued: this.#items.length + this.#inFlight,
      queue_capacity: this.#options.maxQueueSize,
      queue_bytes: this.#heldBytes + this.#inFlightBytes,
      'dropped.queue_full': this.#droppedQueueFull,
      'dropped.export_failed': this.#droppedExportFailed,
      'dropped.rejected': this.#droppedRejected,
      'dropped.too_large': this.#droppedTooLarge,
      'dropped.shutdown': this.#droppedShutdown,
    };
  }

  #schedule(): void {
    if (this.#sending !== undefined || this.#items.length === 0 || this.#closed) return;
    const { maxBatchSize, maxBatchBytes } = this.#options;
    const short = this.#items.length >= maxBatchSize || this.#heldBytes >= maxBatchBytes;
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
    const batch = this.#items.splice(0, this.#nextBatchSize());
    this.#taken += batch.length;
    this.#inFlight = batch.length;
    this.#inFlightBytes = batch.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#heldBytes -= this.#inFlightBytes;
    this.#sending = this.#options.send(batch.map(({ item }) => item)).then((outcome) => {
      this.#sending = undefined;
      if (this.#closed) return;
      this.#inFlight = 0;
      this.#inFlightBytes = 0;
      this.#lastDidNotFit = false;
      this.#count(batch.length, outcome);
      this.#schedule();
    });
    return this.#sending;
  }

  /** As many items as fit into a batch, at least one. */
  #nextBatchSize(): number {
    const { maxBatchSize, maxBatchBytes } = this.#options;
    const most = Math.min(maxBatchSize, this.#items.length);
    let bytes = 0;
    for (let count = 0; count < most; count += 1) {
      bytes += this.#items[count]?.bytes ?? 0;
      if (bytes > maxBatchBytes) return Math.max(1, count);
    }
    return most;
  }

  /** A receiver may say that it rejected more than it got. */
  #count(batchSize: number, { failed, tooLarge, rejected }: BatchOutcome): void {
    const lost = Math.min(rejected, batchSize - failed - tooLarge);
    this.#droppedExportFailed += failed;
    this.#droppedTooLarge += tooLarge;
    this.#droppedRejected += lost;
    this.#delivered += batchSize - failed - tooLarge - lost;
  }
}

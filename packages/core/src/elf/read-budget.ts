/** Real files cost a third of their size, and 1 MiB for their code; tables that overlap each other cost any multiple. */
const BASE_BYTES = 4 * 1024 * 1024;
const TIMES = 3;
const MOST_BYTES = 1024 * 1024 * 1024;
/** A read costs as much as the copying of so many bytes. */
const BYTES_PER_READ = 1024;
/** What is bounded by bytes takes 50 ms for a file of 1 MiB, and 1 s for the largest; a processor that is emulated, ten times as long. */
const BASE_MS = 2000;
const MS_PER_MIB = 30;
const MOST_MS = 5000;
const MIB = 1024 * 1024;

/**
 * What all looks into one file may cost together, in bytes and in time: each table has a limit of its own, but a file that somebody made to be
 * hostile has many of them. Bytes are what counts: they are the same on every machine. Time is the last resort, and that of the processor, so
 * that a busy host does not look like a hostile file.
 */
export class ReadBudget {
  readonly #mostMs: number;
  readonly #startMs: number;
  #bytes: number;
  #isSpent = false;

  constructor(sizeBytes: number) {
    this.#mostMs = Math.min(MOST_MS, BASE_MS + (sizeBytes / MIB) * MS_PER_MIB);
    this.#bytes = Math.min(MOST_BYTES, BASE_BYTES + TIMES * sizeBytes);
    this.#startMs = processorMs();
  }

  /** Nothing more may be read. */
  get isSpent(): boolean {
    this.#isSpent ||= processorMs() - this.#startMs > this.#mostMs;
    return this.#isSpent;
  }

  /** Takes what a read costs; false where that is too much. */
  take(bytes: number): boolean {
    this.#bytes -= bytes + BYTES_PER_READ;
    if (this.#bytes < 0) this.#isSpent = true;
    return !this.isSpent;
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What a look at a small file may cost, and what each further MiB of it adds; the largest programs with debug symbols take 300 ms. */
const BASE_MS = 250;
const MS_PER_MIB = 10;
const MOST_MS = 1000;
/** Nothing is read more often than a few times; tables that overlap each other are. */
const BASE_BYTES = 16 * 1024 * 1024;
const TIMES = 6;
const MIB = 1024 * 1024;
/** A read costs as much as the copying of so many bytes. */
const BYTES_PER_READ = 4096;

/**
 * What all looks into one file may cost together, in bytes and in time: each table has a limit of its own, but a file that somebody made to be
 * hostile has many of them. Time is that of the processor, so that a busy host does not look like a hostile file.
 */
export class ReadBudget {
  readonly #mostMs: number;
  readonly #startMs: number;
  #bytes: number;
  #isSpent = false;

  constructor(sizeBytes: number) {
    this.#mostMs = Math.min(MOST_MS, BASE_MS + (sizeBytes / MIB) * MS_PER_MIB);
    this.#bytes = BASE_BYTES + TIMES * sizeBytes;
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

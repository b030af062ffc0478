import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { paced } from './paced.ts';

export type Pieces = Iterable<string | Uint8Array>;

/** A page as it was at one moment, whole, and who reads it. */
export interface PageSnapshot {
  readonly body: Promise<Buffer>;
  /** Takes a reader; `cut` is called when it must make room. */
  join(cut: () => void): PageReader;
}

export interface PageReader {
  /** Has read it, or went away. Idempotent. */
  leave(): void;
}

interface Held extends PageSnapshot {
  readonly key: string;
  readonly readers: Set<() => void>;
  madeMs: number;
}

/** Who asks within this time of another one that still reads, gets the same. */
const MOMENT_MS = 1_000;
/** Snapshots that are held at most; whoever still reads the oldest one is too slow. */
const MOST_HELD = 8;

/**
 * One page for all scrapes of a moment, held as long as someone reads it: how many read at once, and how slowly, must not decide about the
 * memory of the host.
 */
export class PageSnapshots {
  readonly #held = new Set<Held>();

  /** The page `key` of now; `pieces` are written where nobody else reads one of this moment. */
  get(key: string, pieces: Pieces, isGzip: boolean): PageSnapshot {
    for (const one of this.#held) {
      if (one.key === key && performance.now() - one.madeMs < MOMENT_MS) return one;
    }
    const [oldest] = this.#held;
    if (oldest !== undefined && this.#held.size >= MOST_HELD) {
      this.#held.delete(oldest);
      for (const cut of oldest.readers) cut();
    }
    return this.#make(key, pieces, isGzip);
  }

  #make(key: string, pieces: Pieces, isGzip: boolean): Held {
    const readers = new Set<() => void>();
    const page = Readable.from(paced(pieces));
    const made: Held = {
      key,
      readers,
      // While it is being written it is of this moment.
      madeMs: Number.POSITIVE_INFINITY,
      body: (isGzip ? pipeline(page, createGzip(), whole) : pipeline(page, whole)).finally(() => {
        made.madeMs = performance.now();
      }),
      join: (cut) => {
        readers.add(cut);
        return {
          leave: () => {
            readers.delete(cut);
            if (readers.size > 0) return;
            this.#held.delete(made);
            page.destroy();
          },
        };
      },
    };
    this.#held.add(made);
    return made;
  }
}

async function whole(stream: AsyncIterable<string | Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** Bytes of all holders together; those in it without news for longest give up what they hold. */
const BYTES_MAX = 32 << 20;
/** Who holds less is not looked at: the number of connections bounds how many those are, and nearly all requests need no more. */
const SMALL_BYTES = 4096;

/** A part of a connection that keeps bytes or texts until more comes. */
export interface Holder {
  /** What is counted of it; `HeldBytes` writes it, 0 at first. */
  heldBytes: number;
  /** Forgets what it holds, and counts what is lost by that. */
  giveUp(): void;
}

/**
 * Bounds what connections keep in all while something is missing: the rest of a head, or the answer. One peer that sends the beginnings of many
 * things must not fill the memory.
 */
export class HeldBytes {
  readonly #max: number;
  /** In the order in which there was news of them. */
  readonly #holders = new Set<Holder>();
  #bytes = 0;

  constructor(max: number = BYTES_MAX) {
    this.#max = max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `holder` holds so many bytes now. */
  set(holder: Holder, bytes: number): void {
    if (bytes < SMALL_BYTES && holder.heldBytes === 0) return;
    this.#remove(holder);
    if (bytes < SMALL_BYTES) return;
    this.#holders.add(holder);
    this.#count(holder, bytes);
    while (this.#bytes > this.#max) {
      const [oldest] = this.#holders;
      if (oldest === undefined) return;
      this.#remove(oldest);
      oldest.giveUp();
    }
  }

  #remove(holder: Holder): void {
    this.#holders.delete(holder);
    this.#count(holder, 0);
  }

  #count(holder: Holder, bytes: number): void {
    this.#bytes += bytes - holder.heldBytes;
    holder.heldBytes = bytes;
  }
}

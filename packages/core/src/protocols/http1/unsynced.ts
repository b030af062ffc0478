/**
 * A stretch of a stream in which requests and responses cannot be paired. How many requests are lost in it is told by either side: by the
 * requests that were seen, and by the responses that nobody is known to have asked for. Each is counted as soon as it is known of, and once.
 */
export class Unsynced {
  /** All of either side was read so far, so that equal numbers mean that requests and responses are in step again. */
  isExact = false;
  #asked = 0;
  #answered = 0;
  #counted = 0;

  /** The stretch begins. */
  begin(isExact: boolean): void {
    this.isExact = isExact;
    this.#asked = 0;
    this.#answered = 0;
    this.#counted = 0;
  }

  /** Requests from before it are counted as lost already, and their responses may still come. */
  accounted(requests: number): void {
    this.isExact = false;
    this.#answered -= requests;
  }

  /** Requests were seen, or must have been there; returns how many more than before are lost. */
  asked(count: number): number {
    this.#asked += count;
    return this.#settle();
  }

  answered(): number {
    this.#answered += 1;
    return this.#settle();
  }

  get isEven(): boolean {
    return this.isExact && this.#asked === this.#answered;
  }

  #settle(): number {
    const lost = Math.max(this.#asked, this.#answered) - this.#counted;
    if (lost <= 0) return 0;
    this.#counted += lost;
    return lost;
  }
}

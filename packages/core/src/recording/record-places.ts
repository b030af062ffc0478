/** Where the content of a record stands. */
export interface Place {
  readonly target: Uint8Array;
  /** The content of the record is `target[start..start + length)`. */
  readonly start: number;
  readonly length: number;
  /** Stream offset of its first byte. */
  readonly offset: number;
  /** Number of the frame of the recording that it is in. */
  readonly frame: number;
}

/** Where the bytes of a connection stand in the frames of a recording that are not written yet, by direction and stream offset. */
export class RecordPlaces {
  readonly #places: [Place[], Place[]] = [[], []];

  /** The first frame with a place; Infinity where there is none. */
  get firstFrame(): number {
    let first = Infinity;
    for (const places of this.#places) for (const { frame } of places) first = Math.min(first, frame);
    return first;
  }

  add(direction: number, place: Place): void {
    if (place.length > 0) this.#places[direction === 0 ? 0 : 1].push(place);
  }

  /** Puts bytes where those of the stream from `offset` on stand; false where some of them have no place any more. */
  write(direction: number, offset: number, bytes: Uint8Array): boolean {
    let written = 0;
    for (const place of this.#places[direction === 0 ? 0 : 1]) {
      const from = Math.max(offset, place.offset);
      const to = Math.min(offset + bytes.length, place.offset + place.length);
      if (from >= to) continue;
      place.target.set(bytes.subarray(from - offset, to - offset), place.start + from - place.offset);
      written += to - from;
    }
    return written >= bytes.length;
  }

  clear(): void {
    this.#places[0].length = 0;
    this.#places[1].length = 0;
  }
}

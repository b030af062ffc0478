import { directionKey } from '../connections/direction-key.ts';
import type { HeadEvent, TurnEvent } from '../events/event.ts';
import { LF } from '../protocols/http1/ascii.ts';
import { lineEnd } from '../protocols/http1/scan.ts';
import { newText } from '../protocols/text.ts';
import { maskAll } from './mask.ts';
import { maskFields } from './mask-head.ts';
import type { Place } from './record-places.ts';

const MOST_LINES = 16_384;
/** Longer than any field that is left. */
const LINE_BYTES_MAX = 512;
/** ` HTTP/1.1`. */
const VERSION_BYTES = 9;

/** The line that the next piece of a head continues. */
interface CutLine {
  readonly seq: number;
  /** Offset in the turn behind it. */
  readonly end: number;
  readonly bytes: Uint8Array;
}

/**
 * Where the pieces of heads stand that are longer than the prefix of their turn (RECORD_HEAD). They come ahead of the turn's own record, by which alone
 * their place in the stream is known, and perhaps long before it: until then they are masked line by line, and of a line whose beginning is not known
 * nothing is left but the end of a request line.
 */
export class HeadPlaces {
  readonly #places = new Map<number, { readonly seq: number; readonly places: Place[] }>();
  readonly #lines = new Map<number, CutLine>();

  /** The first frame with a piece whose turn is not there yet; Infinity where there is none. */
  get firstFrame(): number {
    let first = Infinity;
    for (const { places } of this.#places.values()) first = Math.min(first, places[0]?.frame ?? Infinity);
    return first;
  }

  /** A piece of which the copy in `target` begins at `start`, in frame number `frame`. */
  add(event: HeadEvent, target: Uint8Array, start: number, frame: number): void {
    const { connection, direction, seq, offset, data } = event;
    const key = directionKey(connection, direction);
    const bytes = data.slice(event.start, event.end);
    target.set(this.#masked(key, seq, offset, bytes), start);
    let waiting = this.#places.get(key);
    if (waiting?.seq !== seq) {
      waiting = { seq, places: [] };
      this.#places.set(key, waiting);
    }
    waiting.places.push({ target, start, length: bytes.length, offset, frame });
  }

  /** The places of the pieces that belong to the turn of a record, in the stream. */
  take({ connection, direction, seq, offsetBytes }: TurnEvent): Place[] {
    const key = directionKey(connection, direction);
    const waiting = this.#places.get(key);
    if (waiting?.seq !== seq) return [];
    this.#places.delete(key);
    return waiting.places.map((place) => ({ ...place, offset: offsetBytes + place.offset }));
  }

  /** The connection is gone. */
  forget(connection: number): void {
    for (const direction of [0, 1]) {
      this.#places.delete(directionKey(connection, direction));
      this.#lines.delete(directionKey(connection, direction));
    }
  }

  /** What is recorded stays as it is. */
  clear(): void {
    this.#places.clear();
  }

  #masked(key: number, seq: number, offset: number, bytes: Uint8Array): Uint8Array {
    const cut = this.#lines.get(key);
    const before = cut?.seq === seq && cut.end === offset ? cut.bytes : undefined;
    const joined = Uint8Array.from([...(before ?? []), ...bytes]);
    const lineStart = joined.lastIndexOf(LF) + 1;
    const isLineKnown = lineStart > 0 || before !== undefined;
    if (this.#lines.size >= MOST_LINES) this.#lines.clear();
    if (!isLineKnown || joined.length - lineStart > LINE_BYTES_MAX) this.#lines.delete(key);
    else this.#lines.set(key, { seq, end: offset + bytes.length, bytes: joined.slice(lineStart) });
    const known = before === undefined ? maskLine(joined) : 0;
    maskFields(joined, known, joined.length);
    return joined.subarray(joined.length - bytes.length);
  }
}

/** Masks the rest of a line that is all there is to know of; returns where the next one begins. */
function maskLine(bytes: Uint8Array): number {
  const stop = lineEnd(bytes, 0, bytes.length);
  const version = / HTTP\/1\.\d\r?$/.exec(newText(bytes, Math.max(0, stop - VERSION_BYTES - 1), stop));
  const isCarriageReturn = bytes[stop - 1] === 0x0d;
  maskAll(bytes, 0, stop - (version?.[0].length ?? (isCarriageReturn ? 1 : 0)));
  return Math.min(bytes.length, stop + 1);
}

import type { Connection } from '../connections/connection.ts';
import type { SyntaxWatcher } from '../protocols/http1/syntax-watcher.ts';
import { MASK } from './mask.ts';
import { maskHead } from './mask-head.ts';
import { RecordPlaces } from './record-places.ts';
import type { RecordedHttp2 } from './recorded-http2.ts';

/** One connection of a recording: writes what may be read of it over the mask of its content. */
export class RecordedConnection implements SyntaxWatcher {
  readonly places: RecordPlaces = new RecordPlaces();
  /** Some protocol is known to be spoken. */
  isKnown = false;
  http2: RecordedHttp2 | undefined = undefined;
  readonly #connection: Connection;
  readonly #keepsPaths: boolean;
  /** By direction: a head of HTTP/1 has begun. */
  readonly #isInHead: [boolean, boolean] = [false, false];

  constructor(connection: Connection, keepsPaths: boolean) {
    this.#connection = connection;
    this.#keepsPaths = keepsPaths;
  }

  /** How what is recorded already has to be written depends on what comes next. */
  get isUndecided(): boolean {
    if (this.#connection.isIgnored) return false;
    if (!this.isKnown || this.#isInHead[0] || this.#isInHead[1]) return true;
    return this.http2?.isUndecided === true || this.#connection.held.length > 0;
  }

  /** All that is recorded stays as it is. */
  settle(): void {
    this.places.clear();
    this.#isInHead[0] = this.#isInHead[1] = false;
  }

  onHead(direction: number, offset: number, bytes: Uint8Array, start: number, end: number, isOver: boolean): void {
    const head = bytes.slice(start, end);
    maskHead(head, 0, head.length, this.#keepsPaths);
    this.places.write(direction, offset, head);
    this.#isInHead[direction === 0 ? 0 : 1] = !isOver;
  }

  onFraming(direction: number, offset: number, byte: number): void {
    this.places.write(direction, offset, Uint8Array.of(byte === 0 ? MASK : byte));
  }
}

import { directionKey } from '../connections/direction-key.ts';

const MOST_CONNECTIONS = 65_536;

/** RFC 9113 §3.4, up to where it can no longer be an HTTP/1 request. */
const HTTP2_PREFACE = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (char) => char.charCodeAt(0));

/**
 * Which connections of a recording are known to speak HTTP/1, and which not to. Beyond 65,536 the one that was known first is forgotten, and
 * then counts as unknown, of which less is kept.
 */
export class RecordedProtocols {
  readonly #isHttp1 = new Map<number, boolean>();
  readonly #cutLines = new Map<number, { readonly seq: number; readonly line: string }>();

  /** Undefined where nothing is known. */
  isHttp1(connection: number): boolean | undefined {
    return this.#isHttp1.get(connection);
  }

  learn(connection: number, isHttp1: boolean): void {
    if (this.#isHttp1.get(connection) === isHttp1) return;
    if (this.#isHttp1.size >= MOST_CONNECTIONS) {
      for (const oldest of this.#isHttp1.keys()) {
        this.#isHttp1.delete(oldest);
        break;
      }
    }
    this.#isHttp1.set(connection, isHttp1);
  }

  /** The line that a piece of a head continues; undefined where nothing is known of it. */
  cutLine(connection: number, direction: number, seq: number): string | undefined {
    const cut = this.#cutLines.get(directionKey(connection, direction));
    return cut?.seq === seq ? cut.line : undefined;
  }

  keepCutLine(connection: number, direction: number, seq: number, line: string): void {
    if (this.#cutLines.size >= MOST_CONNECTIONS) this.#cutLines.clear();
    this.#cutLines.set(directionKey(connection, direction), { seq, line });
  }

  forget(connection: number): void {
    this.#isHttp1.delete(connection);
    this.#cutLines.delete(directionKey(connection, 0));
    this.#cutLines.delete(directionKey(connection, 1));
  }
}

/** How many of the bytes are the beginning of HTTP/2's preface. */
export function prefaceBytes(bytes: Uint8Array, start: number, end: number): number {
  let length = 0;
  while (length < HTTP2_PREFACE.length && start + length < end && bytes[start + length] === HTTP2_PREFACE[length]) {
    length += 1;
  }
  return length;
}

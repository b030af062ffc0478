import type { CloseEvent } from '../events/event.ts';
import { CHUNK_PIECE_MAX } from '../events/layout.gen.ts';

/** What a close says. */
export interface EarlyClose {
  readonly ns: number;
  readonly lastSeq: number;
  readonly endsLost: number;
  readonly lastStream: number;
  readonly isMidstream: boolean;
  readonly isFramed: boolean;
  readonly wasReset: boolean;
}

/** The least bytes of a request in HTTP/2 are the header of a frame and a block of one. */
const REQUESTS_PER_RECORD_MAX = Math.floor(CHUNK_PIECE_MAX / 10);

interface HeardClose extends EarlyClose {
  readonly heardNs: number;
}

/**
 * Closes of connections that are not known: either their turns are still on the way (a close may take the other ring), or all of
 * them were lost. Bounded; what does not fit is taken as lost at once.
 */
export class EarlyCloses {
  readonly #closes = new Map<number, HeardClose>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** False where there is no room. */
  add(event: CloseEvent, nowNs: number): boolean {
    if (this.#closes.size >= this.#max) return false;
    const { connection, ns, lastSeq, endsLost, lastStream, isMidstream, isFramed, wasReset } = event;
    const close = { ns, lastSeq, endsLost, lastStream, isMidstream, isFramed, wasReset, heardNs: nowNs };
    this.#closes.set(connection, close);
    return true;
  }

  /** The close of a connection that is becoming known. */
  take(connection: number): EarlyClose | undefined {
    if (this.#closes.size === 0) return undefined;
    const close = this.#closes.get(connection);
    if (close !== undefined) this.#closes.delete(connection);
    return close;
  }

  /** Removes those that came before `deadlineNs`; returns how many requests they had in all. */
  expire(deadlineNs: number): number {
    let requests = 0;
    for (const [connection, close] of this.#closes) {
      if (close.heardNs > deadlineNs) break;
      requests += requestsOf(close);
      this.#closes.delete(connection);
    }
    return requests;
  }
}

/**
 * Requests of a connection nothing is known of but its close. HTTP/2 numbers them, 1, 3, 5 and so on, but may leave numbers out: there are no
 * more than its records had room for. Else, and where numbers may have been given before the tracer came, two turns are taken for one request.
 */
export function requestsOf({
  lastSeq,
  lastStream,
  isMidstream,
  isFramed,
}: Omit<EarlyClose, 'ns' | 'wasReset'>): number {
  if (isMidstream || (lastStream === 0 && !isFramed)) return Math.ceil(lastSeq / 2);
  return Math.min(Math.ceil(lastStream / 2), lastSeq * REQUESTS_PER_RECORD_MAX);
}

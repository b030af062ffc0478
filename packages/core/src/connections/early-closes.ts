import type { CloseEvent } from '../events/event.ts';

/** What a close says. */
export interface EarlyClose {
  readonly ns: number;
  readonly lastSeq: number;
  readonly endsLost: number;
}

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
    const { connection, ns, lastSeq, endsLost } = event;
    this.#closes.set(connection, { ns, lastSeq, endsLost, heardNs: nowNs });
    return true;
  }

  /** The close of a connection that is becoming known. */
  take(connection: number): EarlyClose | undefined {
    if (this.#closes.size === 0) return undefined;
    const close = this.#closes.get(connection);
    if (close !== undefined) this.#closes.delete(connection);
    return close;
  }

  /** Removes those that came before `deadlineNs`; returns how many turns they had in all, by requests: two turns make one. */
  expire(deadlineNs: number): number {
    let requests = 0;
    for (const [connection, close] of this.#closes) {
      if (close.heardNs > deadlineNs) break;
      requests += requestsIn(close.lastSeq);
      this.#closes.delete(connection);
    }
    return requests;
  }
}

/** Requests in so many turns from the first of a connection on. */
export function requestsIn(turns: number): number {
  return Math.ceil(turns / 2);
}

import type { Counters } from '../counters.ts';
import type { HeadEvent, TurnEvent } from '../events/event.ts';
import type { ProbedTurn } from './turn-probe.ts';

/** Bytes of all heads together that are kept; beyond it the oldest are forgotten, and their heads count as cut. */
const BYTES_MAX = 16 << 20;
const NO_BYTES = new Uint8Array(0);

/** What is there of one head: the prefix of its turn, once that is known, and what follows it. */
interface GrowingHead {
  readonly seq: number;
  bytes: Uint8Array;
  /** Stream bytes from the beginning of the turn to `bytes[0]`: those of the prefix, while it is not known. */
  start: number;
}

/**
 * Joins heads that are longer than the prefix of their turn: the kernel sends what follows the prefix ahead of the turn's own record
 * (RECORD_HEAD). Tested by connection-table.test.ts.
 */
export class HeadParts {
  readonly #counters: Counters;
  /** By connection and direction; the oldest first. */
  readonly #heads = new Map<number, GrowingHead>();
  #bytes = 0;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  add({ connection, direction, seq, offset, data, start, end }: HeadEvent): void {
    const key = keyOf(connection, direction);
    const head = this.#heads.get(key);
    if (head === undefined || head.seq !== seq) {
      this.#forget(key);
      this.#keep(key, { seq, bytes: data.slice(start, end), start: offset });
    } else if (head.start + head.bytes.length === offset) {
      this.#bytes -= head.bytes.length;
      head.bytes = joined(head.bytes, data.subarray(start, end));
      this.#bytes += head.bytes.length;
    }
    while (this.#bytes > BYTES_MAX) this.#forgetOldest();
  }

  /** Gives a record of a turn all that is known of its head. The addresses in its data are gone then. */
  complete(event: TurnEvent): void {
    if (this.#heads.size === 0) return;
    const head = this.#headOf(event.connection, event.direction, event.seq);
    if (head === undefined) return;
    this.#join(head, event.data, event.prefixStart, event.prefixEnd);
    if (head.start > 0) return;
    event.data = head.bytes;
    event.prefixStart = 0;
    event.prefixEnd = head.bytes.length;
  }

  /** The same for a look at the kernel. */
  completeProbed(found: ProbedTurn, direction: number): void {
    if (this.#heads.size === 0) return;
    const head = this.#headOf(found.connection, direction, found.seq);
    if (head === undefined) return;
    this.#join(head, found.data, found.prefixStart, found.prefixEnd);
    if (head.start > 0) return;
    found.data = head.bytes;
    found.prefixStart = 0;
    found.prefixEnd = head.bytes.length;
  }

  /** The connection is gone, or its bytes come in pieces from now on. */
  forget(connection: number): void {
    if (this.#heads.size === 0) return;
    this.#forget(keyOf(connection, 0));
    this.#forget(keyOf(connection, 1));
  }

  #headOf(connection: number, direction: number, seq: number): GrowingHead | undefined {
    const key = keyOf(connection, direction);
    const head = this.#heads.get(key);
    if (head === undefined || head.seq === seq) return head;
    if (head.seq < seq) this.#forget(key);
    return undefined;
  }

  #join(head: GrowingHead, data: Uint8Array, start: number, end: number): void {
    if (head.start === 0 || end - start !== head.start) return;
    this.#bytes -= head.bytes.length;
    head.bytes = joined(data.subarray(start, end), head.bytes);
    head.start = 0;
    this.#bytes += head.bytes.length;
  }

  #keep(key: number, head: GrowingHead): void {
    this.#heads.set(key, head);
    this.#bytes += head.bytes.length;
  }

  #forget(key: number): void {
    const head = this.#heads.get(key);
    if (head === undefined) return;
    this.#bytes -= head.bytes.length;
    this.#heads.delete(key);
  }

  #forgetOldest(): void {
    for (const [key, { start }] of this.#heads) {
      // A head that is joined was delivered.
      if (start > 0) this.#counters.add('heads.evicted');
      this.#forget(key);
      return;
    }
  }
}

/** Ids of connections are below 2^52. */
function keyOf(connection: number, direction: number): number {
  return connection * 2 + direction;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b.length === 0 ? NO_BYTES : b.slice();
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

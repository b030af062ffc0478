import type { Counters } from '../counters.ts';
import type { HeadEvent } from '../events/event.ts';
import { directionKey } from './direction-key.ts';

/** Bytes of all heads together that are kept; beyond it the oldest are forgotten, and their heads count as cut. */
const BYTES_MAX = 16 << 20;

/** What a record and a look at the kernel have in common. */
interface ToldTurn {
  readonly connection: number;
  readonly seq: number;
  data: Uint8Array;
  prefixStart: number;
  prefixEnd: number;
}

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
    const key = directionKey(connection, direction);
    const head = this.#heads.get(key);
    if (head === undefined || head.seq !== seq) {
      this.#forget(key);
      this.#keep(key, { seq, bytes: data.slice(start, end), start: offset });
    } else if (head.start + head.bytes.length === offset) {
      this.#set(head, joined(head.bytes, data.subarray(start, end)));
    }
    while (this.#bytes > BYTES_MAX) this.#forgetOldest();
  }

  /**
   * Gives what tells of a turn, a record or a look at the kernel, all that is known of its head. Addresses in the data of a record are gone
   * then.
   */
  complete(turn: ToldTurn, direction: number): void {
    if (this.#heads.size === 0) return;
    const head = this.#headOf(turn.connection, direction, turn.seq);
    if (head === undefined) return;
    const { data, prefixStart, prefixEnd } = turn;
    if (head.start > 0 && prefixEnd - prefixStart === head.start) {
      this.#set(head, joined(data.subarray(prefixStart, prefixEnd), head.bytes));
      head.start = 0;
    }
    if (head.start > 0) return;
    turn.data = head.bytes;
    turn.prefixStart = 0;
    turn.prefixEnd = head.bytes.length;
  }

  /** The connection is gone, or its bytes come in pieces from now on. */
  forget(connection: number): void {
    if (this.#heads.size === 0) return;
    this.#forget(directionKey(connection, 0));
    this.#forget(directionKey(connection, 1));
  }

  #headOf(connection: number, direction: number, seq: number): GrowingHead | undefined {
    const key = directionKey(connection, direction);
    const head = this.#heads.get(key);
    if (head === undefined || head.seq === seq) return head;
    if (head.seq < seq) this.#forget(key);
    return undefined;
  }

  #set(head: GrowingHead, bytes: Uint8Array): void {
    this.#bytes += bytes.length - head.bytes.length;
    head.bytes = bytes;
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

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

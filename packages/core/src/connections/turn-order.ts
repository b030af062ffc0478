import type { Counters } from '../counters.ts';
import type { TurnEvent } from '../events/event.ts';
import { RECORD_FLAG } from '../events/layout.gen.ts';
import type { Connection } from './connection.ts';
import type { DueList } from './due-list.ts';
import { Turn } from './turn.ts';

/** More turns than this are not held back for a missing one. */
const HELD_MAX = 32;
const FINAL_FLAGS = RECORD_FLAG.FINAL | RECORD_FLAG.CLOSED;

/**
 * Delivers the turns of a connection in the order of their seq, whatever order their records come in.
 *
 * A record that is next in line is delivered straight from the batch, uncopied. One that is not is held until what is missing
 * arrives, or until the next batch was processed; then the gap is accepted and counted.
 */
export class TurnOrder {
  readonly #due: DueList;
  readonly #counters: Counters;

  constructor(due: DueList, counters: Counters) {
    this.#due = due;
    this.#counters = counters;
  }

  /** Takes a record; whether the connection has held turns afterwards. */
  accept(connection: Connection, event: TurnEvent, isPiece: boolean, nowNs: number): boolean {
    const { turn, held } = connection;
    if (event.seq === turn.seq) {
      this.#again(connection, event, nowNs);
    } else if (event.seq < turn.seq) {
      // Either the turn was given up, or two CPUs reported the head of the turn before.
      if (turn.seq - event.seq > 1 || (event.flags & RECORD_FLAG.HEAD) === 0) this.#counters.add('turns.late');
    } else if (held.length === 0 && event.seq === turn.seq + 1 && this.#mayBegin(connection, event.flags, isPiece)) {
      turn.begin(event, isPiece);
      this.#deliver(connection, nowNs);
    } else {
      this.#hold(connection, event, isPiece);
      this.#drain(connection, nowNs);
      if (held.length > HELD_MAX) this.force(connection, nowNs);
    }
    return held.length > 0;
  }

  /** Ends the open turn and delivers all that is held, counting the gaps. */
  force(connection: Connection, nowNs: number): void {
    this.finish(connection, nowNs);
    for (let next = connection.held.shift(); next !== undefined; next = connection.held.shift()) {
      if (connection.isIgnored) continue;
      this.gap(connection, next.seq);
      this.#start(connection, next, nowNs);
      if (connection.held.length > 0) this.finish(connection, nowNs);
    }
  }

  /** The open turn is over. */
  finish(connection: Connection, nowNs: number): void {
    if (!connection.isOpen) return;
    connection.turn.final = true;
    this.update(connection, nowNs);
  }

  /** There is news of the current turn: tells the consumer and, if that ends it, goes on to the next. */
  update(connection: Connection, nowNs: number): void {
    this.#deliver(connection, nowNs);
    this.#drain(connection, nowNs);
  }

  #again(connection: Connection, event: TurnEvent, nowNs: number): void {
    const { turn } = connection;
    if (turn.isPiece) return;
    if (turn.final) {
      if (event.sizeBytes > turn.sizeBytes) this.#counters.add('turns.late');
      return;
    }
    turn.merge(event);
    this.update(connection, nowNs);
  }

  /** A turn may begin when the one before is over or understood, and its first record is there. */
  #mayBegin(connection: Connection, flags: number, isPiece: boolean): boolean {
    return !connection.isOpen && (isPiece || (flags & RECORD_FLAG.HEAD) !== 0);
  }

  #hold(connection: Connection, event: TurnEvent, isPiece: boolean): void {
    const { held } = connection;
    let at = held.length;
    while (at > 0 && (held[at - 1]?.seq ?? 0) >= event.seq) at--;
    const same = held[at];
    if (same !== undefined && same.seq === event.seq) {
      same.merge(event);
      same.keepPrefix();
      return;
    }
    const turn = new Turn();
    turn.begin(event, isPiece);
    turn.keepPrefix();
    held.splice(at, 0, turn);
  }

  #drain(connection: Connection, nowNs: number): void {
    const { held } = connection;
    for (;;) {
      const next = held[0];
      if (next === undefined || next.seq !== connection.turn.seq + 1 || connection.isIgnored) return;
      if (!this.#mayBegin(connection, next.flags, next.isPiece)) return;
      held.shift();
      this.#start(connection, next, nowNs);
    }
  }

  #start(connection: Connection, turn: Turn, nowNs: number): void {
    connection.turn = turn;
    this.#deliver(connection, nowNs);
  }

  /** Tells of the turns that are missing before `seq`, if any. */
  gap(connection: Connection, seq: number): void {
    const last = connection.turn.seq;
    if (seq <= last + 1) return;
    if (last === 0 && connection.isReturning) {
      this.#counters.add('connections.joined_midway');
      return;
    }
    this.#counters.add('turn_gap', seq - last - 1);
    if (!connection.isIgnored) connection.consumer?.gap(seq - last - 1);
  }

  #deliver(connection: Connection, nowNs: number): void {
    const { turn, consumer } = connection;
    let isUnderstood = true;
    if (!connection.isIgnored && consumer !== undefined) {
      if (turn.isPiece) {
        consumer.chunk(turn);
      } else {
        if ((turn.flags & FINAL_FLAGS) !== 0) turn.final = true;
        isUnderstood = consumer.turn(turn);
      }
    }
    turn.forgetPrefix();
    connection.isOpen = !(isUnderstood || turn.final || connection.isIgnored);
    if (!connection.isOpen) this.#due.remove(connection);
    else if (turn.quietNs === 0) this.#due.restart(connection, nowNs);
  }
}

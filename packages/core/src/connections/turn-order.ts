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
 * arrives, or until the next batch was processed; then the gap is accepted and counted. Pieces (stream mode) are on the ring in the
 * order of their direction, which is all the order they have, and are delivered as they come.
 */
export class TurnOrder {
  readonly #due: DueList;
  readonly #counters: Counters;

  constructor(due: DueList, counters: Counters) {
    this.#due = due;
    this.#counters = counters;
  }

  /** Takes a record; whether the connection has held turns afterwards. */
  accept(connection: Connection, event: TurnEvent, isPiece: boolean, nowNs: number, batch: number): boolean {
    if (connection.areTurnsAsked && !isPiece && event.seq > connection.lastKnownSeq) this.#endStream(connection);
    const { turn, held } = connection;
    if (isPiece) {
      this.#piece(connection, event, nowNs);
    } else if (connection.isStream) {
      this.#lateTurn(connection, event, nowNs);
    } else if (event.seq === turn.seq) {
      this.#again(connection, event, nowNs);
    } else if (event.seq < turn.seq) {
      // Either the turn was given up, or two CPUs reported the head of the turn before.
      if (turn.seq - event.seq > 1 || (event.flags & RECORD_FLAG.HEAD) === 0) this.#counters.add('turns.late');
    } else if (held.length === 0 && event.seq === turn.seq + 1 && this.#mayBegin(connection, event.flags)) {
      turn.begin(event, false);
      this.#deliver(connection, nowNs);
    } else {
      this.#hold(connection, event, batch);
      this.#drain(connection, nowNs);
      if (held.length > HELD_MAX) this.force(connection, nowNs);
    }
    return held.length > 0;
  }

  /**
   * Delivers what is held since `batch` or longer, counting the gaps. A turn begins only when the one before it has ended: what follows in
   * line is drained as soon as a turn is finished, and may be open in its turn.
   */
  force(connection: Connection, nowNs: number, batch: number = Number.POSITIVE_INFINITY): void {
    const { held } = connection;
    for (let next = held[0]; next !== undefined && next.heldSinceBatch <= batch; next = held[0]) {
      if (connection.isOpen) {
        this.finish(connection, nowNs);
        continue;
      }
      held.shift();
      if (connection.isIgnored) continue;
      this.gap(connection, next.seq);
      this.#start(connection, next, nowNs);
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

  #piece(connection: Connection, event: TurnEvent, nowNs: number): void {
    const { pieceSeqs } = connection;
    if (!connection.isStream) {
      this.force(connection, nowNs);
      this.finish(connection, nowNs);
      if (connection.isIgnored) return;
      this.gap(connection, event.seq);
      connection.isStream = true;
      connection.streamSeq = event.seq - 1;
      pieceSeqs[0] = pieceSeqs[1] = event.seq - 1;
      connection.turn = new Turn();
    }
    const direction = event.direction === 0 ? 0 : 1;
    const missing = event.seq - pieceSeqs[direction] - 1;
    pieceSeqs[direction] = event.seq;
    if (missing > 0) this.#lost(connection, missing);
    connection.turn.begin(event, true);
    this.#deliver(connection, nowNs);
  }

  /** Turns are reported again. Their numbers go on from those of the pieces, all of which came before. */
  #endStream(connection: Connection): void {
    if (!connection.isStream) return;
    const seq = connection.lastKnownSeq;
    connection.isStream = false;
    connection.areTurnsAsked = false;
    connection.turn = new Turn();
    connection.turn.seq = seq;
    connection.turn.final = true;
  }

  /** Another CPU reported it while this one went over to stream mode: of use only if its direction has had nothing since. */
  #lateTurn(connection: Connection, event: TurnEvent, nowNs: number): void {
    if (connection.pieceSeqs[event.direction === 0 ? 0 : 1] > connection.streamSeq || event.offsetBytes > 0) {
      this.#counters.add('turns.late');
      return;
    }
    connection.turn.begin(event, false);
    connection.turn.final = true;
    this.#deliver(connection, nowNs);
  }

  #again(connection: Connection, event: TurnEvent, nowNs: number): void {
    const { turn } = connection;
    if (turn.final) {
      if (event.sizeBytes > turn.sizeBytes) this.#counters.add('turns.late');
      return;
    }
    turn.merge(event);
    this.update(connection, nowNs);
  }

  /** A turn may begin when the one before is over or understood, and its first record is there. */
  #mayBegin(connection: Connection, flags: number): boolean {
    return !connection.isOpen && (flags & RECORD_FLAG.HEAD) !== 0;
  }

  #hold(connection: Connection, event: TurnEvent, batch: number): void {
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
    turn.begin(event, false);
    turn.keepPrefix();
    turn.heldSinceBatch = batch;
    held.splice(at, 0, turn);
  }

  #drain(connection: Connection, nowNs: number): void {
    const { held } = connection;
    for (;;) {
      const next = held[0];
      if (next === undefined || next.seq !== connection.turn.seq + 1 || connection.isIgnored) return;
      if (!this.#mayBegin(connection, next.flags)) return;
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
    const last = connection.lastKnownSeq;
    if (seq <= last + 1 || (connection.isReturning && connection.isStream)) return;
    if (last === 0 && connection.isReturning) {
      this.#counters.add('connections.joined_midway');
      return;
    }
    this.#lost(connection, seq - last - 1);
  }

  #lost(connection: Connection, missing: number): void {
    this.#counters.add('turn_gap', missing);
    if (!connection.isIgnored) connection.consumer?.gap(missing);
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

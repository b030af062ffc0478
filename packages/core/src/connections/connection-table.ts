import type { Counters } from '../counters.ts';
import type { CloseEvent, HeadEvent, TurnEvent } from '../events/event.ts';
import { Connection } from './connection.ts';
import { DueList } from './due-list.ts';
import { type EarlyClose, EarlyCloses, requestsOf } from './early-closes.ts';
import { HeadParts } from './head-parts.ts';
import type { OpenConsumer } from './turn-consumer.ts';
import { TurnOrder } from './turn-order.ts';
import { ProbedTurn, type TurnProbe } from './turn-probe.ts';
import { UsageOrder } from './usage-order.ts';

/** Younger than this, a value of the kernel's table may be half-written. */
const TORN_NS = 50e6;
/** Connections that were forgotten alive: their close is no news. */
const FORGOTTEN_MAX = 1024;
const EARLY_CLOSES_MAX = 8192;
/** How long a closed connection waits for turns that are still on their way. */
const CLOSE_WAIT_NS = 200e6;
/** Looks that do not find the turn before it is given up: its last record may still be on the ring. */
const MISSES_MAX = 2;

/** Fewer are not worth a look before their batch is over. */
const MANY_UNSETTLED = 16;

export interface ConnectionTableOptions {
  open: OpenConsumer;
  counters: Counters;
  /** Without it, a response that cannot be proven complete waits for the next request or the close. */
  probe(): TurnProbe | undefined;
  /** More connections than this are not remembered. */
  maxConnections: number;
  /** A connection that nothing is heard of for so long is forgotten. */
  idleTimeoutMs: number;
}

/** All connections that are known: finds them by id, delivers their turns in order, and forgets them. */
export class ConnectionTable {
  readonly #options: ConnectionTableOptions;
  readonly #connections = new Map<number, Connection>();
  readonly #usage = new UsageOrder();
  readonly #due = new DueList();
  readonly #order: TurnOrder;
  readonly #earlyCloses = new EarlyCloses(EARLY_CLOSES_MAX);
  readonly #heads: HeadParts;
  readonly #forgotten = new Set<number>();
  readonly #probed = new ProbedTurn();
  readonly #probedAgain = new ProbedTurn();
  #unsettled: Connection[] = [];
  /** How many stayed so when room was made last. */
  #leftUnsettled = 0;
  #batch = 0;
  #nowNs = 0;

  constructor(options: ConnectionTableOptions) {
    this.#options = options;
    this.#heads = new HeadParts(options.counters);
    this.#order = new TurnOrder(this.#due, options.counters);
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Connections whose turn may have grown unnoticed. */
  get awaiting(): number {
    return this.#due.size;
  }

  /** Undefined where it is not known, or not any more. */
  get(id: number): Connection | undefined {
    return this.#connections.get(id);
  }

  /** A batch begins; `nowNs` is CLOCK_MONOTONIC. */
  begin(nowNs: number): void {
    this.#nowNs = nowNs;
  }

  accept(event: TurnEvent, isPiece: boolean): void {
    let connection = this.#connections.get(event.connection);
    if (connection === undefined) connection = this.#add(event);
    if (!isPiece) this.#heads.complete(event, event.direction);
    else if (!connection.isStream) this.#heads.forget(connection.id);
    connection.heardNs = this.#nowNs;
    this.#usage.touch(connection);
    if (connection.isIgnored) return;
    if (this.#order.accept(connection, event, isPiece, this.#nowNs, this.#batch)) this.#unsettle(connection);
  }

  /** More of a head than the prefix of its turn, whose own record is still to come. */
  head(event: HeadEvent): void {
    this.#heads.add(event);
  }

  close(event: CloseEvent): void {
    const connection = this.#connections.get(event.connection);
    if (connection !== undefined) {
      connection.heardNs = this.#nowNs;
      this.#closing(connection, event);
    } else if (!this.#forgotten.delete(event.connection) && !this.#earlyCloses.add(event, this.#nowNs)) {
      this.#options.counters.add('connections.unseen', requestsOf(event));
    }
  }

  /** The batch is over: gives up what is missing for too long, closes, looks for news, forgets the idle. */
  end(): void {
    this.#batch += 1;
    this.#settle();
    this.#due.tick(this.#nowNs, this.#look);
    const unseen = this.#earlyCloses.expire(this.#nowNs - CLOSE_WAIT_NS);
    if (unseen > 0) this.#options.counters.add('connections.unseen', unseen);
    const deadlineNs = this.#nowNs - this.#options.idleTimeoutMs * 1e6;
    for (let old = this.#usage.oldest; old !== undefined && old.heardNs < deadlineNs; old = this.#usage.oldest) {
      this.#options.counters.add('connections.expired');
      this.#forget(old);
    }
  }

  #add(event: TurnEvent): Connection {
    // Those that are over already make room for it; a batch may hold the whole lives of many.
    const mostUnsettled = Math.max(MANY_UNSETTLED, this.#leftUnsettled * 2);
    if (this.#connections.size >= this.#options.maxConnections && this.#unsettled.length > mostUnsettled) {
      this.#settle();
      this.#leftUnsettled = this.#unsettled.length;
    }
    const oldest = this.#usage.oldest;
    if (this.#connections.size >= this.#options.maxConnections && oldest !== undefined) {
      this.#options.counters.add('connections.evicted');
      this.#forget(oldest);
    }
    const connection = new Connection(event);
    connection.isReturning = this.#forgotten.delete(connection.id);
    connection.consumer = this.#options.open(connection);
    this.#connections.set(connection.id, connection);
    const close = this.#earlyCloses.take(connection.id);
    if (close !== undefined) this.#closing(connection, close);
    return connection;
  }

  #closing(connection: Connection, close: EarlyClose): void {
    const { ns, lastSeq, endsLost, lastStream, isMidstream, isFramed, wasReset } = close;
    connection.closedNs = Math.max(1, ns);
    connection.lastSeq = lastSeq;
    connection.endsLost = endsLost;
    connection.lastStream = lastStream;
    connection.isMidstream = isMidstream;
    connection.isFramed = isFramed;
    connection.wasReset = wasReset;
    this.#unsettle(connection);
  }

  #unsettle(connection: Connection): void {
    if (connection.isUnsettled) return;
    connection.isUnsettled = true;
    this.#unsettled.push(connection);
  }

  #settle(): void {
    this.#leftUnsettled = 0;
    if (this.#unsettled.length === 0) return;
    const unsettled = this.#unsettled;
    this.#unsettled = [];
    for (const connection of unsettled) {
      connection.isUnsettled = false;
      if (this.#connections.get(connection.id) !== connection) continue;
      if (connection.closedNs !== 0) {
        // Its close may have come by the other ring, ahead of its last turns.
        if (!this.#isMissingTurns(connection)) this.#close(connection, connection.closedNs);
        else this.#unsettle(connection);
      } else if (connection.held.length > 0) {
        // What a turn waits for may be in the next batch, not behind it.
        this.#order.force(connection, this.#nowNs, this.#batch - 2);
        if (connection.held.length > 0) this.#unsettle(connection);
      }
    }
  }

  #isMissingTurns(connection: Connection): boolean {
    const last = connection.held[connection.held.length - 1]?.seq ?? connection.lastKnownSeq;
    return last < connection.lastSeq && this.#nowNs - connection.heardNs < CLOSE_WAIT_NS;
  }

  #close(connection: Connection, ns: number): void {
    this.#order.force(connection, this.#nowNs);
    this.#order.finish(connection, this.#nowNs);
    this.#order.gap(connection, connection.lastSeq + 1);
    if (!connection.isIgnored) connection.consumer?.close(ns);
    this.#remove(connection);
  }

  #forget(connection: Connection): void {
    if (!connection.isIgnored) connection.consumer?.forget();
    this.#remove(connection);
    if (this.#forgotten.size < FORGOTTEN_MAX) this.#forgotten.add(connection.id);
  }

  #remove(connection: Connection): void {
    this.#connections.delete(connection.id);
    this.#heads.forget(connection.id);
    this.#usage.remove(connection);
    this.#due.remove(connection);
    connection.held.length = 0;
    connection.consumer = undefined;
  }

  readonly #look = (connection: Connection): void => {
    const probe = this.#options.probe();
    const { turn } = connection;
    const nowNs = this.#nowNs;
    if (probe === undefined) return;
    const found = this.#probed;
    if (!this.#read(probe, connection, found)) {
      if (++connection.misses < MISSES_MAX) return;
      this.#options.counters.add('connections.vanished');
      this.#close(connection, turn.lastNs);
      return;
    }
    connection.heardNs = nowNs;
    this.#usage.touch(connection);
    if (found.seq !== turn.seq) {
      if (++connection.misses >= MISSES_MAX) this.#order.finish(connection, nowNs);
      return;
    }
    connection.misses = 0;
    if (nowNs - found.lastNs < TORN_NS) {
      const again = this.#probedAgain;
      if (!this.#read(probe, connection, again) || !isSame(found, again)) return;
    }
    this.#heads.complete(found, turn.direction);
    const grew = turn.grow(found.sizeBytes, found.lastNs, found.tailLow, found.tailHigh);
    if (grew) {
      this.#due.restart(connection, nowNs);
      // A head that is written in many small calls outgrows what was reported of it.
      turn.data = found.data;
      turn.prefixStart = found.prefixStart;
      turn.prefixEnd = found.prefixEnd;
    }
    turn.quietNs = Math.max(1, nowNs - turn.lastNs);
    this.#order.update(connection, nowNs);
  };

  #read(probe: TurnProbe, connection: Connection, out: ProbedTurn): boolean {
    return (
      probe.read(connection.sockLow, connection.sockHigh, connection.turn.direction, out) &&
      out.connection === connection.id
    );
  }
}

function isSame(a: ProbedTurn, b: ProbedTurn): boolean {
  return (
    a.seq === b.seq &&
    a.sizeBytes === b.sizeBytes &&
    a.lastNs === b.lastNs &&
    a.tailLow === b.tailLow &&
    a.tailHigh === b.tailHigh &&
    a.prefixEnd === b.prefixEnd
  );
}

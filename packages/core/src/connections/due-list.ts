import type { Connection } from './connection.ts';

const FIRST_LOOK_NS = 50e6;
const LONGEST_INTERVAL_NS = 1e9;

/**
 * Connections whose turn may have grown unnoticed, and when to look at each next: 50 ms after the last news, then at doubled
 * intervals up to 1 s. As large as the connection table at most.
 */
export class DueList {
  readonly #connections: Connection[] = [];
  #earliestNs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#connections.length;
  }

  /** There is news of the connection's turn: the next look is 50 ms from now. */
  restart(connection: Connection, nowNs: number): void {
    if (connection.dueIndex < 0) {
      connection.dueIndex = this.#connections.length;
      this.#connections.push(connection);
    }
    connection.misses = 0;
    connection.intervalNs = FIRST_LOOK_NS;
    this.#schedule(connection, nowNs);
  }

  remove(connection: Connection): void {
    const index = connection.dueIndex;
    if (index < 0) return;
    const last = this.#connections.pop();
    if (last !== undefined && last !== connection) {
      this.#connections[index] = last;
      last.dueIndex = index;
    }
    connection.dueIndex = -1;
  }

  /** Calls `look` for each connection that is due; each that stays in the list waits twice as long, or as `look` restarts it. */
  tick(nowNs: number, look: (connection: Connection) => void): void {
    if (nowNs < this.#earliestNs) return;
    this.#earliestNs = Number.POSITIVE_INFINITY;
    for (let i = this.#connections.length - 1; i >= 0; i--) {
      const connection = this.#connections[i];
      if (connection === undefined) continue;
      if (connection.dueNs <= nowNs) {
        connection.intervalNs = Math.min(connection.intervalNs * 2, LONGEST_INTERVAL_NS);
        this.#schedule(connection, nowNs);
        look(connection);
      } else {
        this.#earliestNs = Math.min(this.#earliestNs, connection.dueNs);
      }
    }
  }

  #schedule(connection: Connection, nowNs: number): void {
    connection.dueNs = nowNs + connection.intervalNs;
    this.#earliestNs = Math.min(this.#earliestNs, connection.dueNs);
  }
}

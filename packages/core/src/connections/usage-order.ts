import type { Connection } from './connection.ts';

/** Connections in order of use: a doubly linked list through the connections themselves, so that a touch costs no allocation. */
export class UsageOrder {
  #newest: Connection | undefined = undefined;
  #oldest: Connection | undefined = undefined;

  get oldest(): Connection | undefined {
    return this.#oldest;
  }

  touch(connection: Connection): void {
    if (this.#newest === connection) return;
    this.remove(connection);
    connection.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = connection;
    this.#newest = connection;
    if (this.#oldest === undefined) this.#oldest = connection;
  }

  remove(connection: Connection): void {
    const { newer, older } = connection;
    if (newer !== undefined) newer.older = older;
    else if (this.#newest === connection) this.#newest = older;
    if (older !== undefined) older.newer = newer;
    else if (this.#oldest === connection) this.#oldest = newer;
    connection.newer = undefined;
    connection.older = undefined;
  }
}

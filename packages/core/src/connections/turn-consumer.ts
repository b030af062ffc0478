import type { Connection } from './connection.ts';
import type { Turn } from './turn.ts';

/** What understands the turns of one connection. Turns come in order, each as often as there is news of it. */
export interface TurnConsumer {
  /**
   * A turn began, grew, ended (`turn.final`) or was looked at. Returns whether all of it is understood: if not, and it is not
   * final, the table looks for news of it in the kernel.
   */
  turn(turn: Turn): boolean;
  /** A piece of one I/O call (stream mode). */
  chunk(chunk: Turn): void;
  /** `missing` turns or pieces before the next one, or before the close, are lost. */
  gap(missing: number): void;
  /** The connection is over; `ns` is when. */
  close(ns: number): void;
  /** The connection is forgotten; it may well go on. */
  forget(): void;
}

/** Makes the consumer of a new connection. */
export type OpenConsumer = (connection: Connection) => TurnConsumer;

import { setImmediate } from 'node:timers/promises';

/** A page of many thousand series takes a while: the host's event loop turns between its pieces. */
export async function* paced<T extends string | Uint8Array>(pieces: Iterable<T>): AsyncGenerator<T> {
  for (const piece of pieces) {
    if (piece.length > 0) yield piece;
    await setImmediate();
  }
}

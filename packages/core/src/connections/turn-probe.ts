const NO_BYTES = new Uint8Array(0);

/**
 * What a look at the kernel's table found.
 *
 * @public
 */
export class ProbedTurn {
  connection = 0;
  /** Of the direction that was asked for; 0 when that turn is over. */
  seq = 0;
  sizeBytes = 0;
  lastNs = 0;
  tailLow = 0;
  tailHigh = 0;
  /** Its first bytes are `data[prefixStart..prefixEnd)`; valid until the next look. */
  data: Uint8Array = NO_BYTES;
  prefixStart = 0;
  prefixEnd = 0;
}

/**
 * Looks a connection up in the kernel; the tracer implements it. About 1.4 µs each.
 *
 * @public
 */
export interface TurnProbe {
  /** Fills `out` with the current turn of a direction; false where the kernel does not have this socket (any more). */
  read(sockLow: number, sockHigh: number, direction: number, out: ProbedTurn): boolean;
}

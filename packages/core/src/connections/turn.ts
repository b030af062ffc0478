import type { TurnEvent } from '../events/event.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * A turn, or a piece of an I/O call in stream mode, as a `TurnConsumer` gets it. Reused: valid only during the call.
 *
 * Times are CLOCK_MONOTONIC nanoseconds; 0 means not known.
 */
export class Turn {
  seq = 0;
  /** DIRECTION. */
  direction = 0;
  /** RECORD_FLAG bits of all its records so far. */
  flags = 0;
  arrivedNs = 0;
  firstNs = 0;
  lastNs = 0;
  /** Bytes so far. */
  sizeBytes = 0;
  /** Bytes of this direction before it. */
  offsetBytes = 0;
  tailLow = 0;
  tailHigh = 0;
  pid = 0;
  tid = 0;
  context = 0;
  /** A piece of one I/O call (stream mode), not a turn. */
  isPiece = false;
  /** Nothing more will be said in this turn. */
  final = false;
  /** How long ago, at the last look, its last byte was; 0 until looked at. */
  quietNs = 0;
  /** The batch since which it waits for the turns before it. */
  heldSinceBatch = 0;
  /** Its first bytes are `data[prefixStart..prefixEnd)`; empty where a later report does not repeat them. */
  data: Uint8Array = NO_BYTES;
  prefixStart = 0;
  prefixEnd = 0;

  begin(event: TurnEvent, isPiece: boolean): void {
    this.isPiece = isPiece;
    this.seq = event.seq;
    this.direction = event.direction;
    this.flags = event.flags;
    this.arrivedNs = event.arrivedNs;
    this.firstNs = event.firstNs;
    this.lastNs = event.lastNs;
    this.sizeBytes = event.sizeBytes;
    this.offsetBytes = event.offsetBytes;
    this.tailLow = event.tailLow;
    this.tailHigh = event.tailHigh;
    this.pid = event.pid;
    this.tid = event.tid;
    this.context = event.context;
    this.final = false;
    this.quietNs = 0;
    this.data = event.data;
    this.prefixStart = event.prefixStart;
    this.prefixEnd = event.prefixEnd;
  }

  /** A copy that outlives the batch. */
  copy(): Turn {
    const copy = Object.assign(new Turn(), this);
    copy.keepPrefix();
    return copy;
  }

  /** Takes over totals if they are newer; whether they were. */
  grow(sizeBytes: number, lastNs: number, tailLow: number, tailHigh: number): boolean {
    if (sizeBytes <= this.sizeBytes) return false;
    this.sizeBytes = sizeBytes;
    this.lastNs = Math.max(lastNs, this.lastNs);
    this.tailLow = tailLow;
    this.tailHigh = tailHigh;
    this.quietNs = 0;
    return true;
  }

  /** Merges a later record of this turn. */
  merge(event: TurnEvent): void {
    this.flags |= event.flags;
    if (event.prefixEnd - event.prefixStart > this.prefixEnd - this.prefixStart) {
      this.data = event.data;
      this.prefixStart = event.prefixStart;
      this.prefixEnd = event.prefixEnd;
    }
    this.grow(event.sizeBytes, event.lastNs, event.tailLow, event.tailHigh);
    // Of two CPUs that report one turn, the one that saw it earlier is right.
    if (event.firstNs > 0 && event.firstNs < this.firstNs) this.firstNs = event.firstNs;
    if (this.arrivedNs === 0) this.arrivedNs = event.arrivedNs;
  }

  /** Copies the prefix out of the batch, so that the turn may outlive it. */
  keepPrefix(): void {
    this.data = this.data.slice(this.prefixStart, this.prefixEnd);
    this.prefixEnd -= this.prefixStart;
    this.prefixStart = 0;
  }

  forgetPrefix(): void {
    this.data = NO_BYTES;
    this.prefixStart = 0;
    this.prefixEnd = 0;
  }
}

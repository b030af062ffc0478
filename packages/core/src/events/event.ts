/**
 * One record of kind TURN or CHUNK. One object is reused for all of them: it is valid only during the call that gets it.
 *
 * `data` is the batch itself; the captured bytes are `data[prefixStart..prefixEnd)`. Times are CLOCK_MONOTONIC nanoseconds, 0 = not
 * known. Values of 64 bits are numbers (exact below 2^53) save those that use all their bits, which are split in two.
 */
export class TurnEvent {
  data: Uint8Array = new Uint8Array(0);
  prefixStart = 0;
  prefixEnd = 0;
  /** RECORD_FLAG bits. */
  flags = 0;
  /** Unique for the life of the tracer. */
  connection = 0;
  /** Key for `TurnProbe`. */
  sockLow = 0;
  sockHigh = 0;
  arrivedNs = 0;
  firstNs = 0;
  lastNs = 0;
  /** Bytes of the turn so far, or of the I/O call. */
  sizeBytes = 0;
  /** Bytes of this direction before this turn or chunk. */
  offsetBytes = 0;
  /** Last 8 bytes of the turn: the first of them is the lowest byte of `tailLow`, the last the highest of `tailHigh`. */
  tailLow = 0;
  tailHigh = 0;
  context = 0;
  pid = 0;
  tid = 0;
  seq = 0;
  netns = 0;
  /** Where in `data` the two 16-byte addresses are. */
  localAddressStart = 0;
  remoteAddressStart = 0;
  localPort = 0;
  remotePort = 0;
  family = 0;
  /** DIRECTION. */
  direction = 0;
  /** ROLE. */
  role = 0;
}

/**
 * The next bytes of a head that is longer than the prefix of its turn: `data[start..end)`. Reused: valid only during the call that gets it.
 */
export class HeadEvent {
  data: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  connection = 0;
  /** Of the turn. */
  seq = 0;
  /** DIRECTION. */
  direction = 0;
  /** Bytes of the turn before it. */
  offset = 0;
}

/** The socket is gone. */
export class CloseEvent {
  connection = 0;
  ns = 0;
  /** Number of its last turn or chunk. */
  lastSeq = 0;
  /** Turns of it whose head was reported and whose end found no room on the ring. */
  endsLost = 0;
  /** HTTP/2: highest id of its requests; 0 where none is known. */
  lastStream = 0;
  /** It was older than the tracer. */
  isMidstream = false;
  /** It spoke HTTP/2. */
  isFramed = false;
  /** The other side has reset it. */
  wasReset = false;
}

/**
 * EXEC of a process. Reused: valid only during the call that gets it.
 *
 * @public
 */
export class ExecEvent {
  ns = 0;
  pid = 0;
  /** What the kernel calls the file: the bytes of `struct executable_key` (bpf/event.h), one in each character. Empty when not known. */
  executable = '';
  /** The kernel has selected the process by that. */
  isSelected = false;
}

/**
 * FORK or EXIT of a process, or TLS, LOADED or UNSEEN of it. Reused: valid only during the call that gets it.
 *
 * @public
 */
export class ProcessEvent {
  ns = 0;
  /** EXIT, TLS: the process; FORK: the child. */
  pid = 0;
  /** FORK: the parent; else 0. */
  parent = 0;
}

/**
 * A process began to listen on a TCP port, or nobody of note took a connection to it. Reused: valid only during the call that gets it.
 *
 * @public
 */
export class ListenEvent {
  ns = 0;
  pid = 0;
  netns = 0;
  port = 0;
  family = 0;
  /** The kernel has selected the process by that. */
  isSelected = false;
}

/** Why a record could not be used. */
export type MalformedReason = 'size' | 'abi' | 'kind' | 'captured';

import type { TurnEvent } from '../events/event.ts';
import type { Endpoint } from '../spans/span.ts';
import { endpointFrom } from './endpoint.ts';
import { Turn } from './turn.ts';
import type { TurnConsumer } from './turn-consumer.ts';

const AF_UNIX = 1;

/** What is known of one connection of an observed process. */
export class Connection {
  readonly id: number;
  readonly sockLow: number;
  readonly sockHigh: number;
  readonly netns: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** On whose behalf a trusted proxy connects. */
  client: Endpoint | undefined = undefined;
  /** ROLE, as the kernel knows it. */
  readonly role: number;
  /** The turn being delivered, or the last one that was. */
  turn: Turn = new Turn();
  /** Turns that came before their turn, by seq. */
  readonly held: Turn[] = [];
  /** Stream mode: seq of the last turn before it, and of the last piece by direction (index: DIRECTION). */
  isStream = false;
  streamSeq = 0;
  readonly pieceSeqs: [number, number] = [0, 0];
  /** The kernel was asked to report turns again: those may follow pieces. */
  areTurnsAsked = false;
  /** Set right after construction by the table. */
  consumer: TurnConsumer | undefined = undefined;
  /** It was known before, and forgotten: its first turns are not missing. */
  isReturning = false;
  /** `turn` is neither final nor understood. */
  isOpen = false;
  /** Nothing of it is of interest; records that are still on their way are skipped. */
  isIgnored = false;
  /** When its socket was closed, once that is known; 0 before. */
  closedNs = 0;
  /** Number of its last turn or piece, known with `closedNs`. */
  lastSeq = 0;
  /** Turns whose head was reported and whose end was lost, known with `closedNs`. */
  endsLost = 0;
  /** HTTP/2: highest id of its requests, known with `closedNs`; 0 where none is known. */
  lastStream = 0;
  /** It was older than the tracer, known with `closedNs`. */
  isMidstream = false;
  /** It spoke HTTP/2, known with `closedNs`. */
  isFramed = false;
  /** The other side has reset it, known with `closedNs`. */
  wasReset = false;
  /** When news of it last came, by the clock of the batches. */
  heardNs = 0;

  /** The due-list's: place in it (-1: not in it), next look, interval, looks that did not find the turn. */
  dueIndex = -1;
  dueNs = 0;
  intervalNs = 0;
  misses = 0;
  /** The table's: in the list of connections with something to do at the end of a batch. */
  isUnsettled = false;
  /** The table's: neighbours in order of use. */
  newer: Connection | undefined = undefined;
  older: Connection | undefined = undefined;

  /** How many turns and pieces were delivered, or given up. */
  get lastKnownSeq(): number {
    return this.isStream ? this.pieceSeqs[0] + this.pieceSeqs[1] - this.streamSeq : this.turn.seq;
  }

  constructor(event: TurnEvent) {
    const isUnix = event.family === AF_UNIX;
    this.id = event.connection;
    this.sockLow = event.sockLow;
    this.sockHigh = event.sockHigh;
    this.netns = event.netns;
    this.role = event.role;
    this.local = endpointFrom(event.data, event.localAddressStart, event.localPort, isUnix);
    this.remote = endpointFrom(event.data, event.remoteAddressStart, event.remotePort, isUnix);
  }
}

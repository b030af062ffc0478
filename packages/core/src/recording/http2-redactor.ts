import type { Connection } from '../connections/connection.ts';
import { ConnectionTable } from '../connections/connection-table.ts';
import type { Turn } from '../connections/turn.ts';
import type { TurnConsumer } from '../connections/turn-consumer.ts';
import { Counters } from '../counters.ts';
import { BatchDecoder } from '../events/batch-decoder.ts';
import type { CloseEvent, TurnEvent } from '../events/event.ts';
import type { EventSink } from '../events/event-sink.ts';
import { RECORD_FLAG, TURN_RECORD } from '../events/layout.gen.ts';
import type { EventBatch } from '../kernel/event-batch.ts';
import { detectHttp1 } from '../protocols/http1/detect.ts';
import { detectHttp2 } from '../protocols/http2/detect.ts';
import { startOf } from '../protocols/http2/http2.ts';
import type { ProtocolHost, ProtocolParser } from '../protocols/protocol.ts';
import { UndetectedConnection } from '../protocols/undetected-connection.ts';
import { MASK } from './mask-query.ts';
import { RecordPlaces } from './record-places.ts';
import { RecordedHttp2 } from './recorded-http2.ts';
import { RecordedProtocols } from './recorded-protocols.ts';

/** As many as an `Interpreter` remembers by default. */
const MOST_CONNECTIONS = 8192;
const IDLE_TIMEOUT_MS = 3_600_000;

/** A replay shall take no longer than the live run to see that bytes are of no protocol: none begins like this; asterisks may be a method. */
const NO_PROTOCOL = 0xff;

const NOBODY: TurnConsumer = { turn: () => true, chunk() {}, gap() {}, close() {}, forget() {} };

interface Hidden {
  readonly target: Uint8Array;
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A connection that is, or may be, HTTP/2. */
interface Recorded {
  readonly places: RecordPlaces;
  /** What was taken out, to be put back if it turns out to be HTTP/1. */
  readonly hidden: Hidden[];
  http2: RecordedHttp2 | undefined;
  connection: Connection | undefined;
}

/**
 * Puts into the masked copy of batches what of HTTP/2 may be recorded. It follows the records by the same rules as an `Interpreter`, so
 * that a replay finds what the interpreter found. A header block may begin in one batch and end in another: what is undecided must not be written
 * yet, see `firstUndecided`.
 */
export class Http2Redactor implements EventSink, ProtocolHost {
  readonly #decoder = new BatchDecoder();
  readonly #table: ConnectionTable;
  readonly #recorded = new Map<number, Recorded>();
  /** Those with places. */
  readonly #open = new Map<number, Recorded>();
  /** What is known not to be HTTP/2. */
  readonly #others = new RecordedProtocols();
  readonly #protocols: RecordedProtocols;
  #target: Uint8Array = new Uint8Array(0);
  #start = 0;
  #frame = 0;
  #spoiled = 0;

  /** `protocols` is told of connections that turn out to be HTTP/2. */
  constructor(protocols: RecordedProtocols) {
    this.#protocols = protocols;
    const http2: ProtocolParser = {
      name: 'http2',
      isDuplex: true,
      detect: detectHttp2,
      open: (connection, _host, first) => this.#openHttp2(connection, first),
    };
    const http1: ProtocolParser = {
      name: 'http1',
      detect: detectHttp1,
      open: (connection) => this.#ignore(connection),
    };
    this.#table = new ConnectionTable({
      open: (connection) => new UndetectedConnection(connection, this, [http2, http1]),
      counters: new Counters(),
      probe: () => undefined,
      maxConnections: MOST_CONNECTIONS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
    });
  }

  /** The first frame that may still change; Infinity where none does. */
  get firstUndecided(): number {
    let first = Infinity;
    for (const { places } of this.#open.values()) first = Math.min(first, places.firstFrame);
    return first;
  }

  /** Header blocks that were given up since a part of them had to be written. */
  get spoiled(): number {
    let spoiled = this.#spoiled;
    for (const { http2 } of this.#recorded.values()) spoiled += http2?.spoiled ?? 0;
    return spoiled;
  }

  /** Works on `target`, where the masked records of the batch begin at `start`: frame number `frame` of the recording. */
  batch({ bytes, length, nowNs }: EventBatch, target: Uint8Array, start: number, frame: number): void {
    this.#target = target;
    this.#start = start;
    this.#frame = frame;
    this.#table.begin(nowNs);
    this.#decoder.decode(bytes, length, this);
    this.#table.end();
    for (const [id, one] of this.#open) if (!mayChange(one)) this.#settle(id, one);
  }

  /** All frames so far are as they shall be written. */
  giveUp(): void {
    for (const [id, one] of this.#open) this.#settle(id, one);
  }

  onTurn(event: TurnEvent): void {
    this.#accept(event, false);
  }

  onChunk(event: TurnEvent): void {
    this.#accept(event, true);
  }

  /** Heads of HTTP/1. */
  onHead(): void {}
  onClose(event: CloseEvent): void {
    this.#others.forget(event.connection);
    this.#table.close(event);
  }

  onExec(): void {}
  onFork(): void {}
  onExit(): void {}
  onListen(): void {}
  onMalformed(): void {}
  exchange(): void {}
  tunnel(): void {}
  count(): void {}

  /** Only a connection that nobody understands gets one: `ignore`. */
  setVerdict(connection: Connection): void {
    this.#ignore(connection);
  }

  #accept(event: TurnEvent, isPiece: boolean): void {
    const { connection: id, direction, prefixStart, prefixEnd, offsetBytes, flags } = event;
    if (this.#others.isHttp1(id) === true) return;
    let one = this.#recorded.get(id);
    if (one === undefined) {
      one = { places: new RecordPlaces(), hidden: [], http2: undefined, connection: undefined };
      this.#recorded.set(id, one);
    }
    const start = this.#start + prefixStart;
    const length = prefixEnd - prefixStart;
    const mayBeHttp1 = one.http2 === undefined && detectHttp1(event.data, prefixStart, prefixEnd) === 'more';
    const filler = one.http2 !== undefined || mayBeHttp1 ? MASK : NO_PROTOCOL;
    one.places.add(direction, { target: this.#target, start, length, offset: offsetBytes, filler, frame: this.#frame });
    this.#open.set(id, one);
    if (one.http2 !== undefined) this.#target.fill(MASK, start, start + length);
    this.#table.accept(event, isPiece);
    if (this.#others.isHttp1(id) === true) return;
    const tail = start - TURN_RECORD.size + TURN_RECORD.tail;
    if (one.http2 !== undefined) {
      this.#target.fill(0, tail, tail + 8);
    } else if ((flags & RECORD_FLAG.MIDSTREAM) !== 0) {
      // Of a connection that was there before, it may be the middle of anything.
      one.hidden.push(hide(this.#target, start, start + length, filler), hide(this.#target, tail, tail + 8, 0));
    }
  }

  #openHttp2(connection: Connection, first: Turn): TurnConsumer {
    const { id } = connection;
    const one = this.#recorded.get(id);
    if (one === undefined) return this.#ignore(connection);
    this.#protocols.learn(id, false);
    one.places.empty();
    one.connection = connection;
    one.http2 = new RecordedHttp2(startOf(first), one.places, () => this.#end(id));
    return one.http2;
  }

  #ignore(connection: Connection): TurnConsumer {
    connection.isIgnored = true;
    this.#others.learn(connection.id, true);
    this.#end(connection.id);
    return NOBODY;
  }

  #end(id: number): void {
    this.#spoiled += this.#recorded.get(id)?.http2?.spoiled ?? 0;
    this.#recorded.delete(id);
    this.#open.delete(id);
  }

  #settle(id: number, one: Recorded): void {
    one.places.clear();
    one.hidden.length = 0;
    this.#open.delete(id);
    if (one.http2 === undefined) this.#recorded.delete(id);
  }
}

function mayChange({ http2, connection }: Recorded): boolean {
  return http2 === undefined || http2.isUndecided || (connection !== undefined && connection.held.length > 0);
}

function hide(target: Uint8Array, start: number, end: number, filler: number): Hidden {
  const bytes = target.slice(start, end);
  target.fill(filler, start, end);
  return { target, start, bytes };
}

import type { Connection } from '../connections/connection.ts';
import { ConnectionTable } from '../connections/connection-table.ts';
import type { Turn } from '../connections/turn.ts';
import type { TurnConsumer } from '../connections/turn-consumer.ts';
import { Counters } from '../counters.ts';
import { BatchDecoder } from '../events/batch-decoder.ts';
import type { CloseEvent, HeadEvent, TurnEvent } from '../events/event.ts';
import type { EventSink } from '../events/event-sink.ts';
import { DIRECTION, RECORD_FLAG } from '../events/layout.gen.ts';
import type { EventBatch } from '../kernel/event-batch.ts';
import { HeldBytes } from '../protocols/held-bytes.ts';
import { CR, LF } from '../protocols/http1/ascii.ts';
import { detectHttp1 } from '../protocols/http1/detect.ts';
import { Http1Connection, type Http1Watcher } from '../protocols/http1/http1-connection.ts';
import { lineEnd } from '../protocols/http1/scan.ts';
import { detectHttp2 } from '../protocols/http2/detect.ts';
import { startOf } from '../protocols/http2/http2.ts';
import type { Http2Start } from '../protocols/http2/http2-connection.ts';
import type { ProtocolHost, ProtocolParser, Verdict } from '../protocols/protocol.ts';
import { proxyHeaderLength } from '../protocols/proxy/proxy-header.ts';
import { UndetectedConnection } from '../protocols/undetected-connection.ts';
import { HeadPlaces } from './head-places.ts';
import { maskHead } from './mask-head.ts';
import { maskProxyHeader } from './mask-proxy-header.ts';
import type { Place } from './record-places.ts';
import { RecordedConnection } from './recorded-connection.ts';
import { RecordedHttp2 } from './recorded-http2.ts';

/** As many as an `Interpreter` remembers by default. */
const MOST_CONNECTIONS = 8192;
const IDLE_TIMEOUT_MS = 3_600_000;

/**
 * Puts into a copy of a batch, all content of which is masked, what may be recorded of it: what HTTP/1 and HTTP/2 are told by, and of what it
 * says that which is known to be harmless (`maskHead`, `BlockRedactor`). What is not understood stays masked.
 *
 * It follows the records by the same rules as an `Interpreter`, so that a replay finds what the interpreter found. A head may begin in one batch and end
 * in another: what is undecided must not be written to the file yet, see `firstUndecided`.
 */
export class ContentRedactor implements EventSink, ProtocolHost {
  readonly held: HeldBytes = new HeldBytes();
  readonly #decoder = new BatchDecoder();
  readonly #table: ConnectionTable;
  readonly #protocols: readonly ProtocolParser[];
  readonly #keepsPaths: boolean;
  readonly #recorded = new WeakMap<Connection, RecordedConnection>();
  /** Those with places. */
  readonly #open = new Set<RecordedConnection>();
  readonly #heads = new HeadPlaces();
  #spoiled = 0;
  #target: Uint8Array = new Uint8Array(0);
  #start = 0;
  #frame = 0;
  /** Of the record at hand. */
  #places: Place[] = [];
  #direction = 0;

  constructor(keepsPaths: boolean) {
    this.#keepsPaths = keepsPaths;
    const http2: ProtocolParser = {
      name: 'http2',
      isDuplex: true,
      detect: detectHttp2,
      open: (connection, _host, first) => this.#openHttp2(connection, startOf(first)),
    };
    const http1: ProtocolParser = {
      name: 'http1',
      detect: detectHttp1,
      open: (connection, host) => {
        this.#of(connection).isKnown = true;
        return new Http1Connection(connection, host, this.#watch(connection));
      },
    };
    this.#protocols = [http2, http1];
    this.#table = new ConnectionTable({
      open: (connection) => {
        this.#addPlaces(connection);
        return new UndetectedConnection(connection, this, this.#protocols);
      },
      counters: new Counters(),
      probe: () => undefined,
      maxConnections: MOST_CONNECTIONS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
    });
  }

  /** The first frame that may still change; Infinity where none does. */
  get firstUndecided(): number {
    let first = this.#heads.firstFrame;
    for (const { places } of this.#open) first = Math.min(first, places.firstFrame);
    return first;
  }

  /** Header blocks of HTTP/2 that were given up since a part of them had to be written. */
  get spoiled(): number {
    return this.#spoiled;
  }

  /** Works on `target`, where the masked records of the batch begin at `start`: frame number `frame` of the recording. */
  batch({ bytes, length, nowNs }: EventBatch, target: Uint8Array, start: number, frame: number): void {
    this.#target = target;
    this.#start = start;
    this.#frame = frame;
    this.#table.begin(nowNs);
    this.#decoder.decode(bytes, length, this);
    this.#table.end();
    for (const one of this.#open) if (!one.isUndecided) this.#settle(one);
  }

  /** All frames so far are as they shall be written. */
  giveUp(): void {
    for (const one of this.#open) this.#settle(one);
    this.#heads.clear();
  }

  onTurn(event: TurnEvent): void {
    this.#accept(event, false);
  }

  onChunk(event: TurnEvent): void {
    this.#accept(event, true);
  }

  onHead(event: HeadEvent): void {
    this.#heads.add(event, this.#target, this.#start + event.start, this.#frame);
    this.#table.head(event);
  }

  onClose(event: CloseEvent): void {
    this.#heads.forget(event.connection);
    this.#table.close(event);
  }

  onExec(): void {}
  onFork(): void {}
  onExit(): void {}
  onListen(): void {}
  onMalformed(): void {}
  exchange(): void {}
  count(): void {}
  onBehalf(): void {}

  setVerdict(connection: Connection, verdict: Verdict): void {
    if (verdict === 'ignore') connection.isIgnored = true;
    else connection.areTurnsAsked = verdict === 'turns';
  }

  tunnel(connection: Connection, last: Turn): void {
    connection.consumer = new UndetectedConnection(connection, this, this.#protocols, last);
  }

  #accept(event: TurnEvent, isPiece: boolean): void {
    const { data, prefixStart, prefixEnd, direction, offsetBytes } = event;
    const start = this.#start + prefixStart;
    const length = prefixEnd - prefixStart;
    this.#places = isPiece ? [] : this.#heads.take(event);
    this.#places.push({ target: this.#target, start, length, offset: offsetBytes, frame: this.#frame });
    this.#direction = direction;
    const connection = this.#table.get(event.connection);
    if (connection !== undefined) this.#addPlaces(connection);
    if ((event.flags & RECORD_FLAG.CONTINUED) === 0) this.#writeBeginning(event, data, prefixStart, prefixEnd);
    this.#table.accept(event, isPiece);
  }

  /** The places of the record at hand are of this connection. */
  #addPlaces(connection: Connection): void {
    const one = this.#of(connection);
    for (const place of this.#places) one.places.add(this.#direction, place);
    this.#open.add(one);
  }

  /** Where a record begins like a message, or with what a load balancer says, that is seen, whatever comes of it. */
  #writeBeginning({ seq, direction, offsetBytes }: TurnEvent, data: Uint8Array, start: number, end: number): void {
    const isFirst = seq === 1 && direction === DIRECTION.IN && offsetBytes === 0;
    const header = isFirst ? Math.max(0, proxyHeaderLength(data, start, end)) : 0;
    let line = start + header;
    const isMessage = detectHttp1(data, line, end) !== 'mismatch';
    while (isMessage && line < end && (data[line] === CR || data[line] === LF)) line++;
    const bytes = data.slice(start, isMessage ? Math.min(end, lineEnd(data, line, end) + 1) : line);
    if (header > 0) maskProxyHeader(bytes, 0, header);
    maskHead(bytes, header, bytes.length, this.#keepsPaths);
    this.#target.set(bytes, this.#start + start);
  }

  #of(connection: Connection): RecordedConnection {
    let one = this.#recorded.get(connection);
    if (one === undefined) {
      one = new RecordedConnection(connection, this.#keepsPaths);
      this.#recorded.set(connection, one);
    }
    return one;
  }

  #watch(connection: Connection): Http1Watcher {
    const one = this.#of(connection);
    return {
      onHead: (...head) => one.onHead(...head),
      onFraming: (...framing) => one.onFraming(...framing),
      onUpgrade: (_connection, start) => this.#openHttp2(connection, start),
    };
  }

  #openHttp2(connection: Connection, start: Http2Start): TurnConsumer {
    const one = this.#of(connection);
    one.isKnown = true;
    one.http2 = new RecordedHttp2(start, one.places, this.held, this.#keepsPaths, () => {
      this.#spoiled += 1;
    });
    return one.http2;
  }

  #settle(one: RecordedConnection): void {
    one.settle();
    this.#open.delete(one);
  }
}

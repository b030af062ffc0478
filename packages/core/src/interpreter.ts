import type { Connection } from './connections/connection.ts';
import { ConnectionTable } from './connections/connection-table.ts';
import type { TurnProbe } from './connections/turn-probe.ts';
import { type CounterReason, Counters } from './counters.ts';
import { BatchDecoder } from './events/batch-decoder.ts';
import type { CloseEvent, ListenEvent, ProcessEvent, TurnEvent } from './events/event.ts';
import type { EventSink, LifecycleSink } from './events/event-sink.ts';
import type { ProcessInfo } from './processes/process.ts';
import type { Exchange, ProtocolHost, ProtocolParser, Role, Verdict, VerdictSink } from './protocols/protocol.ts';
import { PROTOCOLS } from './protocols/registry.ts';
import { UndetectedConnection } from './protocols/undetected-connection.ts';
import type { Clock } from './spans/clock.ts';
import type { RequestSpan } from './spans/span.ts';
import { SpanFactory } from './spans/span-factory.ts';

/** What an interpreter needs of the stages around it. */
export interface InterpreterOptions {
  /** The selected process with this pid; exchanges of others are counted and dropped. */
  processOf(pid: number): ProcessInfo | undefined;
  /** What the records' times mean in wall time. */
  clock: Clock;
  /** Tells the kernel what to report of a connection. */
  verdicts: VerdictSink;
  /** Gets the spans of each batch that has some. The array is reused: it is valid only during the call. */
  onSpans(spans: RequestSpan[]): void;
  /** Gets process and listen records. */
  lifecycle?: LifecycleSink;
  /** Looks up turns that may have grown; without it (replay) responses of unknown length end with the next request or the close. */
  probe?: TurnProbe;
  /** Connections remembered at most; default 8192. Give it twice what the kernel follows. */
  maxConnections?: number;
  /** A connection without news for so long is forgotten; default 3,600,000. */
  idleTimeoutMs?: number;
  /** Protocols in the order of trial; default all. */
  protocols?: readonly ProtocolParser[];
}

/**
 * Understands the records of the kernel: bytes → turns → messages → exchanges → spans.
 *
 * Feed it every batch, empty ones too: time passes with them. It never throws on what is in a batch; everything it cannot use is
 * counted by reason in `stats()`.
 */
export class Interpreter implements EventSink, ProtocolHost {
  readonly #options: InterpreterOptions;
  readonly #counters = new Counters();
  readonly #decoder = new BatchDecoder();
  readonly #connections: ConnectionTable;
  readonly #spanFactory: SpanFactory;
  readonly #spans: RequestSpan[] = [];

  constructor(options: InterpreterOptions) {
    this.#options = options;
    this.#spanFactory = new SpanFactory(options.clock);
    const protocols = options.protocols ?? PROTOCOLS;
    this.#connections = new ConnectionTable({
      open: (connection) => new UndetectedConnection(connection, this, protocols),
      counters: this.#counters,
      probe: options.probe,
      maxConnections: options.maxConnections ?? 8192,
      idleTimeoutMs: options.idleTimeoutMs ?? 3_600_000,
    });
  }

  /** Interprets `bytes[0..length)`; `nowNs` is CLOCK_MONOTONIC when the batch was taken from the ring. */
  interpret(batch: { readonly bytes: Uint8Array; readonly length: number; readonly nowNs: number }): void {
    this.#connections.begin(batch.nowNs);
    this.#decoder.decode(batch.bytes, batch.length, this);
    this.#connections.end();
    if (this.#spans.length === 0) return;
    this.#options.onSpans(this.#spans);
    this.#spans.length = 0;
  }

  /** Counters by reason since the start (`COUNTER_REASONS`), and sizes of the tables. */
  stats(): Record<CounterReason, number> & { connections: number; awaitedResponses: number } {
    return {
      ...this.#counters.snapshot(),
      connections: this.#connections.size,
      awaitedResponses: this.#connections.awaiting,
    };
  }

  onTurn(event: TurnEvent): void {
    this.#counters.add('records.turn');
    this.#connections.accept(event, false);
  }

  onChunk(event: TurnEvent): void {
    this.#counters.add('records.chunk');
    this.#connections.accept(event, true);
  }

  onClose(event: CloseEvent): void {
    this.#connections.close(event);
  }

  onExec(event: ProcessEvent): void {
    this.#options.lifecycle?.onExec(event);
  }

  onFork(event: ProcessEvent): void {
    this.#options.lifecycle?.onFork(event);
  }

  onExit(event: ProcessEvent): void {
    this.#options.lifecycle?.onExit(event);
  }

  onListen(event: ListenEvent): void {
    this.#options.lifecycle?.onListen(event);
  }

  onMalformed(): void {
    this.#counters.add('records.malformed');
  }

  exchange(exchange: Exchange): void {
    const process = this.#options.processOf(exchange.pid);
    if (process === undefined) {
      this.#counters.add('process.unknown');
      return;
    }
    this.#counters.add('spans');
    this.#spans.push(this.#spanFactory.fromExchange(exchange, process));
  }

  setVerdict(connection: Connection, verdict: Verdict): void {
    if (verdict === 'ignore') connection.isIgnored = true;
    this.#options.verdicts.setVerdict(connection.id, verdict);
  }

  pipelined(connection: Connection, role: Role): void {
    this.#options.verdicts.onPipelined(connection.local.port, connection.netns, role);
  }

  count(reason: CounterReason, count?: number): void {
    this.#counters.add(reason, count);
  }
}

import type { Connection } from './connections/connection.ts';
import { ConnectionTable } from './connections/connection-table.ts';
import type { TurnProbe } from './connections/turn-probe.ts';
import { type CounterReason, Counters, type DropReason } from './counters.ts';
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
  /** Gets process and listen records. */
  lifecycle?: LifecycleSink | undefined;
  /** Looks up turns that may have grown; without it (replay) responses of unknown length end with the next request or the close. */
  probe?(): TurnProbe | undefined;
  /** Connections that the kernel follows; twice as many are remembered. Default 4096. */
  maxConnections?: number;
  /** A connection without news for so long is forgotten; default 3,600,000. */
  idleTimeoutMs?: number;
  /** Protocols in the order of trial; default all. */
  protocols?: readonly ProtocolParser[];
}

/**
 * Understands the records of the kernel: bytes → turns → messages → exchanges → spans.
 *
 * For each batch, empty ones too since time passes with them: `begin`, then a `BatchDecoder` that reports to it, then `end`. It never
 * throws on what is in a batch; everything it cannot use is counted by reason.
 */
export class Interpreter implements EventSink, ProtocolHost {
  readonly #options: InterpreterOptions;
  readonly #counters = new Counters();
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
      probe: () => options.probe?.(),
      maxConnections: 2 * (options.maxConnections ?? 4096),
      idleTimeoutMs: options.idleTimeoutMs ?? 3_600_000,
    });
  }

  /** A batch begins; `nowNs` is CLOCK_MONOTONIC when it was taken from the ring. */
  begin(nowNs: number): void {
    this.#spans.length = 0;
    this.#connections.begin(nowNs);
  }

  /** The batch is over. Returns its spans; the array is reused: it is valid until the next `begin`. */
  end(): RequestSpan[] {
    this.#connections.end();
    return this.#spans;
  }

  /** Lost requests, by reason. */
  drops(): Record<DropReason, number> {
    return this.#counters.drops();
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
    if (role !== 'server') return;
    this.#options.verdicts.streamPort({ netns: connection.netns, port: connection.local.port });
  }

  count(reason: CounterReason, count?: number): void {
    this.#counters.add(reason, count);
  }
}

import type { Connection } from './connections/connection.ts';
import { ConnectionTable } from './connections/connection-table.ts';
import type { Turn } from './connections/turn.ts';
import { type CounterReason, Counters, type DropReason } from './counters.ts';
import type { CloseEvent, ExecEvent, HeadEvent, ListenEvent, ProcessEvent, TurnEvent } from './events/event.ts';
import type { EventSink } from './events/event-sink.ts';
import type { InterpreterOptions } from './interpreter-options.ts';
import { Networks } from './options/networks.ts';
import { HeldBytes } from './protocols/held-bytes.ts';
import type { Exchange, ProtocolHost, Verdict } from './protocols/protocol.ts';
import { PROTOCOLS } from './protocols/registry.ts';
import { UndetectedConnection } from './protocols/undetected-connection.ts';
import type { Endpoint, RequestSpan } from './spans/span.ts';
import { SpanFactory } from './spans/span-factory.ts';

/**
 * The part of an `Interpreter` that the decoder and the protocols report to: records → turns → exchanges → spans.
 *
 * For each batch: `begin`, then a `BatchDecoder` that reports to it, then `end`. Never throws on what is in a batch.
 */
export class RecordInterpreter implements EventSink, ProtocolHost {
  readonly held: HeldBytes = new HeldBytes();
  readonly #options: InterpreterOptions;
  readonly #counters = new Counters();
  readonly #connections: ConnectionTable;
  readonly #spanFactory: SpanFactory;
  readonly #trustedProxies: Networks;
  readonly #spans: RequestSpan[] = [];
  /** Of this batch: what comes most often is added up here. */
  #turns = 0;
  #chunks = 0;
  #heads = 0;

  constructor(options: InterpreterOptions) {
    this.#options = options;
    this.#spanFactory = new SpanFactory(options.clock);
    this.#trustedProxies = new Networks(options.trustedProxies ?? [], 'trustedProxies');
    this.#connections = new ConnectionTable({
      open: (connection) => new UndetectedConnection(connection, this, PROTOCOLS),
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
    this.#counters.add('records.turn', this.#turns);
    this.#counters.add('records.chunk', this.#chunks);
    this.#counters.add('records.head', this.#heads);
    this.#counters.add('spans', this.#spans.length);
    this.#turns = 0;
    this.#chunks = 0;
    this.#heads = 0;
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
    this.#turns += 1;
    this.#connections.accept(event, false);
  }

  onChunk(event: TurnEvent): void {
    this.#chunks += 1;
    this.#connections.accept(event, true);
  }

  onHead(event: HeadEvent): void {
    this.#heads += 1;
    this.#connections.head(event);
  }

  onClose(event: CloseEvent): void {
    this.#connections.close(event);
  }

  onExec(event: ExecEvent): void {
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

  onUnclaimed(event: ListenEvent): void {
    this.#options.lifecycle?.onUnclaimed?.(event);
  }

  onTls(event: ProcessEvent): void {
    this.#options.lifecycle?.onTls?.(event);
  }

  onLoaded(event: ProcessEvent): void {
    this.#options.lifecycle?.onLoaded?.(event);
  }

  onUnseen(event: ProcessEvent): void {
    this.#options.lifecycle?.onUnseen?.(event);
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
    this.#spans.push(this.#spanFactory.fromExchange(exchange, process));
  }

  setVerdict(connection: Connection, verdict: Verdict): void {
    if (verdict === 'ignore') connection.isIgnored = true;
    else connection.areTurnsAsked = verdict === 'turns';
    this.#options.verdicts.setVerdict(connection.id, verdict);
  }

  tunnel(connection: Connection, last: Turn): void {
    this.#counters.add('tunnels');
    connection.consumer = new UndetectedConnection(connection, this, PROTOCOLS, last);
  }

  onBehalf(connection: Connection, client: Endpoint): void {
    if (this.#trustedProxies.has(connection.remote.address)) connection.client = client;
  }

  count(reason: CounterReason, count?: number): void {
    this.#counters.add(reason, count);
  }
}

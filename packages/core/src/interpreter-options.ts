import type { TurnProbe } from './connections/turn-probe.ts';
import type { LifecycleSink } from './events/event-sink.ts';
import type { ProcessInfo } from './processes/process.ts';
import type { VerdictSink } from './protocols/protocol.ts';
import type { Clock } from './spans/clock.ts';

/**
 * What an `Interpreter` needs of the stages around it.
 *
 * @public
 */
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
  /** Addresses and networks of proxies that are believed on whose behalf they connect (PROXY protocol); default none. */
  trustedProxies?: readonly string[];
  /** Connections that the kernel follows; twice as many are remembered. Default 4096. */
  maxConnections?: number;
  /** A connection without news for so long is forgotten; default 3,600,000. */
  idleTimeoutMs?: number;
}

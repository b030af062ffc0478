import type { Component } from '../component.ts';
import type { TurnProbe } from '../connections/turn-probe.ts';
import type { ListeningPort } from '../processes/listening-port.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { ExecutableDecision, SelectionRules } from '../processes/process-sink.ts';
import type { Clock } from '../spans/clock.ts';
import type { EventBatch } from './event-batch.ts';

/**
 * Where batches of records come from: the kernel (`Tracer`) or a file (`RecordingSource`).
 *
 * @public
 */
export interface RecordSource extends Component, AsyncIterable<EventBatch> {
  /** What its records' times mean in wall time. */
  readonly clock: Clock;
  /** `sock_length`, `syscall` or `recording`. */
  readonly source: string;
  /** Looks unfinished turns up; undefined where there is nothing to look at. */
  readonly probe: TurnProbe | undefined;
  /** Reports this process's socket I/O from now on. */
  select(process: ProcessInfo, ports: readonly ListeningPort[]): void;
  /** By which rules the kernel may select processes by itself; see `ProcessSink.setRules`. */
  setRules(rules: SelectionRules): void;
  /** What follows from executing a file; see `ProcessSink.decide`. */
  decide(id: string, decision: ExecutableDecision | undefined): void;
  /** A selected process listens on one more port. */
  addPort(process: ProcessInfo, port: ListeningPort): void;
  /** A selected process no longer listens on a port. */
  removePort(process: ProcessInfo, port: ListeningPort): void;
  /** All that was selected has just been compared with what is there: what has no owner is swept out. */
  compared(): void;
  /** Reports nothing of this process any more. */
  deselect(process: ProcessInfo): void;
  /** A selected process speaks TLS that is not seen: its libraries are looked at again. */
  speaksTls(pid: number): void;
  /** A selected process loaded or unloaded libraries at this time (CLOCK_MONOTONIC): its libraries are looked at again. */
  loadsLibraries(pid: number, ns: number): void;
  /** Bytes of a selected process were read in a way that is not seen, perhaps by splice(2): what sees it is attached. */
  readsUnseen(): void;
  /** `stream`: every I/O call of this connection with its bytes. `turns`: its turns again. `ignore`: nothing but its close. */
  setVerdict(connection: number, verdict: 'turns' | 'stream' | 'ignore'): void;
  /** Yields the next batch now instead of at the next interval. */
  wake(): void;
  /** Counters by name, e.g. `turns_lost`; see docs/drops.md. */
  counters(): Readonly<Record<string, number>>;
}

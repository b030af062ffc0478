import type { ListeningPort } from './listening-port.ts';
import type { ProcessInfo } from './process.ts';

/**
 * By which rules the kernel may select processes by itself, at the moment they execute a file or begin to listen. The choice is confirmed by
 * `select`, or taken back by `deselect`.
 *
 * @public
 */
export interface SelectionRules {
  /** This process is never selected. */
  readonly ownPid: number | undefined;
  /** Whoever begins to listen on a port in these ranges is selected, if its executable is `isByPort`. */
  readonly ports: readonly (readonly [low: number, high: number])[];
  /** Nothing is excluded: every executable is `isByPort`, but those that hold ports for others. */
  readonly isAnyByPort: boolean;
}

/**
 * What follows from the executable of a process, whatever else is true of the process.
 *
 * @public
 */
export interface ExecutableDecision {
  /** A process that executes it is selected. */
  readonly isSelected: boolean;
  /** It is selected when it listens on a port that selects by itself. */
  readonly isByPort: boolean;
  /** It is not selected by executing that, whatever it is told and does. */
  readonly isUnwanted: boolean;
}

/**
 * Who acts on what `Discovery` decides; `Tracer` is one. Calls are synchronous; one that throws is counted and tried again at the
 * next scan.
 *
 * @public
 */
export interface ProcessSink {
  /**
   * Follow this process. Also called for a child that the kernel follows by itself already, and again with a new object when a
   * selected process has executed another program.
   */
  select(process: ProcessInfo, listeningPorts: readonly ListeningPort[]): void;
  /** Called once, before anything is selected. */
  setRules?(rules: SelectionRules): void;
  /** What follows from a process executing this file; undefined: nothing any more. `id` has the bytes of `struct executable_key` as characters. */
  decide?(id: string, decision: ExecutableDecision | undefined): void;
  /** A selected process listens on one more port. */
  addPort(process: ProcessInfo, port: ListeningPort): void;
  /** A selected process no longer listens on a port. */
  removePort?(process: ProcessInfo, port: ListeningPort): void;
  /** All that was selected has just been compared with what is there. */
  compared?(): void;
  /** Follow this process no more: it has ended, or its new program is not selected. */
  deselect(process: ProcessInfo): void;
}

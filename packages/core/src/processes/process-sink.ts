import type { ListeningPort } from './listening-port.ts';
import type { ProcessInfo } from './process.ts';

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
  /** A selected process listens on one more port. */
  addPort(process: ProcessInfo, port: ListeningPort): void;
  /** A selected process no longer listens on a port. */
  removePort?(process: ProcessInfo, port: ListeningPort): void;
  /** Follow this process no more: it has ended, or its new program is not selected. */
  deselect(process: ProcessInfo): void;
}

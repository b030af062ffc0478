import type { InternalSource } from '../beyla-stats.ts';
import type { Component } from '../component.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { RequestSpan } from '../spans/span.ts';

/**
 * Where spans leave the pipeline. Implementations: `@beyla/exporters`, or yours.
 *
 * @public
 */
export interface Exporter extends Component {
  /**
   * Told by `createBeyla`, before the start, where the counters of all stages are to be had: for exporters of internal metrics. Other hosts
   * may do the same.
   */
  observe?(source: InternalSource): void;
  /**
   * Takes a batch. Must not block and must not keep `spans` (the array is reused); the span objects themselves may be kept.
   * Bounded: what an exporter cannot hold it drops and counts.
   */
  export(spans: readonly RequestSpan[]): void;
  /** A selected process appeared: exporters with a resource per service make theirs here. */
  processStarted?(process: ProcessInfo): void;
  /** It ended. Late spans of it may still come. */
  processEnded?(process: ProcessInfo): void;
  /** Counters since start, by name; `dropped.*` are summed into the pipeline's drop report. */
  stats(): Readonly<Record<string, number>>;
  /** Delivers what is queued; resolves when done or given up. */
  flush(): Promise<void>;
  /**
   * Releases everything; what did not leave by then is counted. Whoever closes the exporter says in `timeoutMs` how long it may take, and reads
   * the counters thereafter. Idempotent.
   */
  close(timeoutMs?: number): Promise<void>;
}

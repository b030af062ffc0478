import type { Health } from './component.ts';
import type { Drops } from './drops.ts';
import type { BpfMapFill } from './kernel/map-fill.ts';
import type { TracerCost } from './kernel/tracer.ts';
import type { PipelineStats } from './pipeline/pipeline.ts';
import type { ProcessInfo } from './processes/process.ts';

/**
 * Counters of every stage.
 *
 * @public
 */
export interface BeylaStats {
  /** BPF side or recording. */
  readonly source: Readonly<Record<string, number>>;
  /** Runs and cost of the BPF programs and memory of the maps; undefined for a recording. */
  readonly cost: TracerCost | undefined;
  readonly interpreter: Readonly<Record<string, number>>;
  readonly discovery: Readonly<Record<string, number>>;
  readonly pipeline: PipelineStats;
  /** Requests lost, by reason. */
  readonly drops: Drops;
}

/**
 * What internal metrics are made of; a `Beyla` is one.
 *
 * @public
 */
export interface InternalSource {
  /** Counters of every stage. */
  stats(): BeylaStats;
  /** How full the BPF maps are; empty where there is no BPF side. */
  mapFill?(): readonly BpfMapFill[];
  /** The worst of all parts. */
  health?(): Health;
  /** What each part says of itself, by its name. */
  componentHealth?(): Readonly<Record<string, Health>>;
  /** The selected processes. */
  readonly processes: readonly ProcessInfo[];
}

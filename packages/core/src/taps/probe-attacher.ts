import type { TapName } from './tap-plan.ts';

/** Probes of one program in one file. */
export interface ProbeTarget {
  readonly tap: TapName;
  readonly program: string;
  /** Leads to the file during the call only. */
  readonly path: string;
  readonly offsets: readonly number[];
  readonly isReturn: boolean;
}

/** Who puts probes into files, for every process that maps them; the kernel side is one. */
export interface ProbeAttacher {
  /** Why a tap cannot be used at all; undefined where it can. */
  trouble(tap: TapName): string | undefined;
  /** Returns what detaches them. Throws where the kernel refuses. */
  attach(target: ProbeTarget): () => void;
  /** Tells where the goroutine's address is in this process, from its thread pointer. False where there is no room. */
  addGoProcess(pid: number, goroutineOffset: number): boolean;
  removeGoProcess(pid: number): void;
}

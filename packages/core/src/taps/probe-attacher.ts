import type { TapName } from './tap-plan.ts';

/** Probes of one program in one file. */
export interface ProbeGroup {
  readonly program: string;
  readonly offsets: readonly number[];
}

/** Go: by the goroutine, whose address is so far from the thread pointer. rustls: by the ciphertext. */
export type TapRuntime = { readonly goroutineOffset: number } | 'rustls';

/** Who puts probes into files, for every process that maps them; the kernel side is one. */
export interface ProbeAttacher {
  /** How it does that, for people. */
  readonly means: 'uprobe_multi' | 'perf uprobes';
  /** Milliseconds that callers have waited so far until what they attach was loaded, each of it once. */
  readonly waitedMs: number;
  /** Why a tap cannot be used at all; undefined where it can. */
  trouble(tap: TapName): string | undefined;
  /**
   * Attaches all groups in this order, or none, for every process or for one; the path leads to the file during the call only. Returns what
   * detaches them, and resolves when they are. Throws where the kernel refuses.
   */
  attach(tap: TapName, path: string, groups: readonly ProbeGroup[], pid?: number): () => Promise<void>;
  /** Tells how plaintext finds its connection in this process. False where there is no room. */
  addRuntime(pid: number, runtime: TapRuntime): boolean;
  removeRuntime(pid: number): void;
}

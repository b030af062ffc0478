import type { SourceName } from '../options/options.ts';

/**
 * `unknown` means that it could not be told from here, which is not a no.
 *
 * @public
 */
export type FeatureStatus = 'available' | 'unavailable' | 'unknown';

/**
 * One thing that the library can make use of.
 *
 * @public
 */
export interface Feature {
  /** Stable, e.g. `btf`, `cap_bpf`, `tracepoint_tcp_probe`. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  readonly status: FeatureStatus;
  /** What was found. */
  readonly found: string;
  /** Why it is not available, or cannot be told. */
  readonly cause?: string;
  /** What to do about it. */
  readonly cure?: string;
  /** Nothing can be traced without it; of the others, each costs a part of what the library can do. */
  readonly isRequired: boolean;
}

/**
 * Whether a source of socket I/O can be used here.
 *
 * @public
 */
export interface SourceReport {
  readonly status: FeatureStatus;
  /** Ids of the features that it lacks or that could not be told. */
  readonly missing: readonly string[];
}

/**
 * What this host offers.
 *
 * @public
 */
export interface HostReport {
  readonly platform: string;
  readonly architecture: string;
  /** Kernel release, e.g. `6.12.9-cloud-amd64`. */
  readonly kernel: string;
  /** At least one source is available. */
  readonly isUsable: boolean;
  readonly sources: Readonly<Record<SourceName, SourceReport>>;
  readonly features: readonly Feature[];
}

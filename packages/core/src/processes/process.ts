import type { ExportedSignal, SamplerOptions, ServiceMetricsOptions, ServiceRoutes } from '../options/options.ts';

/**
 * A program's place in the system's map of services.
 *
 * @public
 */
export interface Service {
  /** `service.name`; default: the executable's name, or the script's for interpreters. */
  readonly name: string;
  /** `service.namespace`; empty when there is none. */
  readonly namespace: string;
  /** `service.instance.id`; default `host:pid`, the pid of the process that executed the program: what it has forked is the same instance. */
  readonly instanceId: string;
}

/**
 * Language or runtime of a process, as `telemetry.sdk.language` spells it where it has a word for it.
 *
 * @public
 */
export type Language = 'go' | 'cpp' | 'rust' | 'python' | 'ruby' | 'java' | 'nodejs' | 'dotnet' | 'php' | 'generic';

/**
 * A selected process. One object per process life; telemetry refers to it by identity.
 *
 * @public
 */
export interface ProcessInfo {
  /** Process id in the PID namespace the library runs in. */
  readonly pid: number;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); with the pid it names one process life. */
  readonly startTicks: number;
  /** What the executable link points to. */
  readonly executable: string;
  /** Arguments, the program's own name first. */
  readonly commandLine: readonly string[];
  readonly language: Language;
  readonly service: Service;
  /** Resource attributes beside the service ones, in OpenTelemetry names. Decorators (k8s) may add to them before the first span. */
  readonly resource: Readonly<Record<string, string>>;
  /** Route patterns that its selector gave it. */
  readonly routes?: ServiceRoutes;
  /** The sampler that its selector gave it. */
  readonly sampler?: SamplerOptions;
  /** The signals that its selector allows; default all. */
  readonly exports?: readonly ExportedSignal[];
  /** The metrics that its selector wants. */
  readonly metrics?: ServiceMetricsOptions;
}

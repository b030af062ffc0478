import type { BeylaOptions, RoutesOptions, TracerOptions } from '../options/options.ts';
import type { ConfigValues } from './config-values.gen.ts';
import { discoveryFromConfig } from './discovery-from-config.ts';
import { wantedExporters } from './wanted-exporters.ts';

/**
 * What a configuration means for `createBeyla`, exporters aside.
 *
 * @throws BeylaError `INVALID_OPTION`; what `loadConfig` returned does not throw.
 *
 * @example
 * ```ts
 * import { createBeyla, loadConfig, toBeylaOptions } from '@beyla/core';
 *
 * const config = await loadConfig('beyla.yml');
 * for (const { message } of config.warnings) console.warn(message);
 * await using beyla = await createBeyla(toBeylaOptions(config));
 * ```
 *
 * @public
 */
export function toBeylaOptions(config: ConfigValues): BeylaOptions {
  return {
    discovery: discoveryFromConfig(config, () => undefined),
    routes: routesOf(config),
    sampler: samplerOf(config),
    tracer: tracerOf(config),
    trustedProxies: config.trusted_proxies,
    shutdownTimeoutMs: Math.ceil(config.shutdown_timeout),
  };
}

/** What is not asked for is left to the defaults. */
function tracerOf(config: ConfigValues): TracerOptions {
  const { batch_length: records, batch_timeout: waitMs, maps_config } = config.ebpf;
  const scale = 2 ** maps_config.global_scale_factor;
  const skipsGo = config.skip_go_specific_tracers || config.discovery.skip_go_specific_tracers;
  return {
    ...(hasInternalMetrics(config) ? { statistics: true } : {}),
    ...(skipsGo ? { taps: { goTls: false } } : {}),
    ...(records === undefined ? {} : { batchBytes: batchBytesOf(records) }),
    ...(waitMs === undefined ? {} : intervalsOf(waitMs)),
    ...(scale === 1 ? {} : { maxConnections: 4096 * scale, ringBytes: (4 << 20) * scale }),
  };
}

/** A turn with all that is captured of it, as it lies in the ring (bpf/event.h). */
const RECORD_BYTES = 8 + 144 + 512;

function batchBytesOf(records: number): number {
  return Math.min(64 << 20, Math.max(8192, records * RECORD_BYTES));
}

/** A wait that is longer than ours is kept anyway. */
function intervalsOf(waitMs: number): Pick<TracerOptions, 'drainIntervalMs' | 'idleIntervalMs'> {
  const longestMs = Math.max(1, Math.floor(waitMs));
  return { drainIntervalMs: Math.min(10, longestMs), idleIntervalMs: Math.min(200, longestMs) };
}

/** Runs and time of the BPF programs are among them. */
function hasInternalMetrics(config: ConfigValues): boolean {
  return wantedExporters(config).some((wanted) => wanted.kind.endsWith('internal-metrics') || 'internalPath' in wanted);
}

function samplerOf({ otel_traces_export: { sampler } }: ConfigValues): NonNullable<BeylaOptions['sampler']> {
  return { name: sampler.name, ...(sampler.arg === undefined ? {} : { arg: sampler.arg }) };
}

function routesOf({ routes }: ConfigValues): RoutesOptions {
  return {
    patterns: routes.patterns,
    ignoredPatterns: routes.ignored_patterns,
    ignoreMode: routes.ignore_mode,
    unmatched: routes.unmatched,
    wildcardChar: routes.wildcard_char === '' ? '*' : routes.wildcard_char,
    maxPathSegmentCardinality: routes.max_path_segment_cardinality,
  };
}

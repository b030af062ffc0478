import type { BeylaOptions, RoutesOptions } from '../options/options.ts';
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
    ...(hasInternalMetrics(config) ? { tracer: { statistics: true } } : {}),
  };
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

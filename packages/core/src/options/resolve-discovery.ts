import { checkRoutePatterns } from '../decorators/route-matcher.ts';
import type { Language } from '../processes/process.ts';
import { compileSelector } from '../processes/selector.ts';
import { createSampler, type SamplerOptions } from '../sampling/sampler.ts';
import { boolean, type Check, integer, invalid, listOf, object, oneOf, optional, someOf, text } from './check.ts';
import { METRIC_FEATURES } from './metric-features.ts';
import type {
  DiscoveryOptions,
  ExportedSignal,
  HostIdentity,
  ProcessSelector,
  ServiceMetricsOptions,
  ServiceRoutes,
} from './options.ts';

/**
 * `DiscoveryOptions` with every default filled in.
 *
 * @public
 */
export interface ResolvedDiscoveryOptions {
  readonly instrument: readonly ProcessSelector[];
  readonly exclude: readonly ProcessSelector[];
  readonly pollIntervalMs: number;
  readonly includeSelf: boolean;
  readonly identity: HostIdentity;
}

/** Largest `pid_max` of a 64-bit kernel (include/linux/threads.h). */
const HIGHEST_PID = 4_194_304;
const NO_IDENTITY: HostIdentity = Object.freeze({});
/** Longest delay of a Node.js timer. */
const LONGEST_DELAY_MS = 2_147_483_647;

const language: Check<Language> = oneOf<Language>(
  ...(['go', 'cpp', 'rust', 'python', 'ruby', 'java', 'nodejs', 'dotnet', 'php', 'generic'] as const),
);

/** Off is the same as not given. */
const isTrue: Check<true> = (value, path) => (value === true ? value : invalid(value, path, 'true, or nothing'));

/** Ports keep the form they have: `compileSelector` says what is wrong with their text. */
const ports: Check<string | number | readonly (string | number)[]> = (value, path) => {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (!Array.isArray(value)) return invalid(value, path, 'ports as `80,443,8000-8999`, a number, or a list of both');
  return listOf<string | number>((item, at) =>
    typeof item === 'string' || typeof item === 'number' ? item : invalid(item, at, 'a port or a range of ports'),
  )(value, path);
};

const routePatterns: Check<readonly string[]> = (value, path) => {
  const patterns = listOf(text)(value, path);
  checkRoutePatterns(patterns, path);
  return patterns;
};

const serviceRoutes: Check<ServiceRoutes> = object<ServiceRoutes>({
  incoming: optional(routePatterns, undefined),
  outgoing: optional(routePatterns, undefined),
});

/** The sampler itself has the rules. */
const sampler: Check<SamplerOptions> = (value, path) => {
  if (typeof value !== 'object' || value === null) return invalid(value, path, 'an object');
  createSampler(value, path);
  return Object.freeze({ ...value });
};

const metrics: Check<ServiceMetricsOptions> = object<ServiceMetricsOptions>({
  features: optional(listOf(oneOf(...METRIC_FEATURES)), undefined),
});

const identity: Check<HostIdentity> = object<HostIdentity>({
  hostName: optional(text, undefined),
  hostNameFromDns: optional(boolean, false),
  hostId: optional(text, undefined),
  instanceId: optional(text, undefined),
});

const fields: Check<ProcessSelector> = object<ProcessSelector>({
  name: optional(text, undefined),
  namespace: optional(text, undefined),
  openPorts: optional(ports, undefined),
  exePath: optional(text, undefined),
  exePathRegexp: optional(text, undefined),
  cmdArgs: optional(text, undefined),
  cmdArgsRegexp: optional(text, undefined),
  targetPids: optional(someOf(integer(1, HIGHEST_PID, 'a process id')), undefined),
  languages: optional(someOf(language), undefined),
  containersOnly: optional(isTrue, undefined),
  routes: optional(serviceRoutes, undefined),
  sampler: optional(sampler, undefined),
  exports: optional(listOf(oneOf<ExportedSignal>('metrics', 'traces')), undefined),
  metrics: optional(metrics, undefined),
});

const selector: Check<ProcessSelector> = (value, path) => {
  const entry = fields(value, path);
  compileSelector(entry, path);
  return entry;
};

const discovery = (instrument: Check<readonly ProcessSelector[]>): Check<ResolvedDiscoveryOptions> =>
  object<ResolvedDiscoveryOptions>({
    instrument,
    exclude: optional(listOf(selector), Object.freeze([])),
    pollIntervalMs: optional(integer(100, LONGEST_DELAY_MS, 'milliseconds'), 5000),
    includeSelf: optional(boolean, false),
    identity: optional(identity, NO_IDENTITY),
  });

const live: Check<ResolvedDiscoveryOptions> = discovery(someOf(selector));
const replayed: Check<ResolvedDiscoveryOptions> = discovery(listOf(selector));

/** The check of `BeylaOptions.discovery`; a replay selects nothing, so its `instrument` may be empty. */
export function discoveryCheck(isReplay: boolean): Check<ResolvedDiscoveryOptions> {
  return isReplay ? replayed : live;
}

/**
 * Validates `DiscoveryOptions` and fills in the defaults; the result is frozen.
 *
 * @throws BeylaError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_PORT_RANGE`, `INVALID_PATTERN`, each with the path of the option.
 */
export function resolveDiscoveryOptions(options: DiscoveryOptions): ResolvedDiscoveryOptions {
  return live(options, 'discovery');
}

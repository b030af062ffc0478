import type { Processor } from '../decorators/decorator.ts';
import { isWildcardChar } from '../decorators/wildcard-char.ts';
import type { Exporter } from '../pipeline/exporter.ts';
import type { SamplerDecoratorOptions } from '../sampling/sampler-decorator.ts';
import {
  boolean,
  type Check,
  functionLike,
  integer,
  invalid,
  listOf,
  object,
  oneOf,
  optional,
  text,
  withMethods,
} from './check.ts';
import { parseNetwork } from './networks.ts';
import type { BeylaOptions, RoutesOptions, TapsOptions, TracerOptions } from './options.ts';
import { discoveryCheck, type ResolvedDiscoveryOptions } from './resolve-discovery.ts';

/**
 * `TracerOptions` with every default filled in.
 *
 * @public
 */
export type ResolvedTracerOptions = Readonly<
  Required<Omit<TracerOptions, 'btfPath' | 'taps'>> &
    Pick<TracerOptions, 'btfPath'> & { readonly taps: Readonly<Required<TapsOptions>> }
>;

/**
 * `RoutesOptions` with every default filled in.
 *
 * @public
 */
export type ResolvedRoutesOptions = Readonly<Required<RoutesOptions>>;

/**
 * `BeylaOptions` with every default filled in, frozen at every depth but for what the user made (processors, exporters, signal).
 *
 * @public
 */
export interface ResolvedOptions {
  readonly discovery: ResolvedDiscoveryOptions;
  readonly tracer: ResolvedTracerOptions;
  readonly routes: ResolvedRoutesOptions;
  /** Checked by `SamplerDecorator`, which has the environment for its defaults. */
  readonly sampler: SamplerDecoratorOptions;
  readonly processors: readonly Processor[];
  readonly exporters: readonly Exporter[];
  readonly shutdownTimeoutMs: number;
  readonly signal?: AbortSignal;
  readonly trustedProxies: readonly string[];
  readonly recordTo?: string;
  readonly recordPaths: boolean;
  readonly replayFrom?: string;
}

/** Longest delay of a Node.js timer. */
const LONGEST_DELAY_MS = 2_147_483_647;
const MEBIBYTE = 1024 * 1024;
const powerOfTwo = { holds: (value: number) => (value & (value - 1)) === 0, words: 'a power of two' };

/** Sections may be left out as a whole: their own checks know the defaults. */
function section<T>(check: Check<T>): Check<T> {
  return (value, path) => check(value === undefined ? {} : value, path);
}

const taps: Check<Readonly<Required<TapsOptions>>> = object<Required<TapsOptions>>({
  openssl: optional(boolean, true),
  goTls: optional(boolean, true),
  rustls: optional(boolean, true),
});

const tracer: Check<ResolvedTracerOptions> = object<ResolvedTracerOptions>({
  source: optional(oneOf('auto', 'sock_length', 'syscall'), 'auto'),
  maxConnections: optional(integer(64, 1_000_000, 'connections'), 4096),
  // The kernel asks for a multiple of the page size, which is a power of two as well.
  ringBytes: optional(integer(4096, 1024 * MEBIBYTE, 'bytes', powerOfTwo), 4 * MEBIBYTE),
  captureBytes: optional(integer(128, 512, 'bytes'), 512),
  headBytes: optional(integer(0, 16_384, 'bytes'), 16_384),
  drainIntervalMs: optional(integer(1, 1000, 'milliseconds'), 10),
  idleIntervalMs: optional(integer(1, 1000, 'milliseconds'), 200),
  // A batch must hold the largest record.
  batchBytes: optional(integer(8192, 64 * MEBIBYTE, 'bytes'), MEBIBYTE),
  taps: section(taps),
  statistics: optional(boolean, false),
  btfPath: optional(text, undefined),
});

const wildcardChar: Check<string> = (value, path) =>
  isWildcardChar(value) ? value : invalid(value, path, 'one printable ASCII character, but not `/`, `?` or `#`');

const routes: Check<ResolvedRoutesOptions> = object<ResolvedRoutesOptions>({
  patterns: optional(listOf(text), Object.freeze([])),
  ignoredPatterns: optional(listOf(text), Object.freeze([])),
  ignoreMode: optional(oneOf('all', 'traces', 'metrics'), 'all'),
  unmatched: optional(oneOf('unset', 'path', 'wildcard', 'heuristic', 'low-cardinality'), 'wildcard'),
  wildcardChar: optional(wildcardChar, '*'),
  maxPathSegmentCardinality: optional(integer(0, 1000, 'words'), 10),
});

const sampler: Check<SamplerDecoratorOptions> = (value, path) =>
  typeof value === 'object' && value !== null ? (value as SamplerDecoratorOptions) : invalid(value, path, 'an object');

const network: Check<string> = (value, path) => {
  const written = text(value, path);
  parseNetwork(written, path);
  return written;
};

const signal: Check<AbortSignal> = withMethods<AbortSignal>('an AbortSignal', 'aborted', 'addEventListener');

function options(isReplay: boolean): Check<ResolvedOptions> {
  return object<ResolvedOptions>({
    discovery: discoveryCheck(isReplay),
    tracer: section(tracer),
    routes: section(routes),
    sampler: optional(sampler, Object.freeze({})),
    processors: optional(listOf(functionLike<Processor>('a function from spans to spans')), Object.freeze([])),
    exporters: optional(
      listOf(withMethods<Exporter>('an exporter', 'export', 'start', 'close', 'flush', 'stats', 'health')),
      Object.freeze([]),
    ),
    shutdownTimeoutMs: optional(integer(1, LONGEST_DELAY_MS, 'milliseconds'), 10_000),
    signal: optional(signal, undefined),
    trustedProxies: optional(listOf(network), Object.freeze([])),
    recordTo: optional(text, undefined),
    recordPaths: optional(boolean, false),
    replayFrom: optional(text, undefined),
  });
}

/**
 * Validates everything that `createBeyla` takes and fills in the defaults.
 *
 * With `replayFrom`, `discovery.instrument` may be empty: a recording holds only what was selected.
 *
 * @throws BeylaError `UNKNOWN_OPTION` with the full path and the nearest valid one; `INVALID_OPTION` with path, what was got and what is
 * expected; `INVALID_PORT_RANGE` and `INVALID_PATTERN` with the path.
 *
 * @example
 * ```ts
 * import { resolveOptions } from '@beyla/core';
 * resolveOptions({ discovery: { instrument: [{ openPorts: 8080 }] } }).discovery.pollIntervalMs; // 5000
 * ```
 *
 * @public
 */
export function resolveOptions(given: BeylaOptions | unknown): ResolvedOptions {
  const isReplay =
    typeof given === 'object' && given !== null && 'replayFrom' in given && given.replayFrom !== undefined;
  const resolved = options(isReplay)(given, '');
  if (resolved.recordTo !== undefined && resolved.recordTo === resolved.replayFrom) {
    return invalid(resolved.recordTo, 'recordTo', 'another file than `replayFrom`');
  }
  return resolved;
}

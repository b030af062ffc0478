import type { Component, Health } from '../component.ts';
import { BeylaError } from '../errors.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { RoutesOptions } from '../options/options.ts';
import { RecentGrowth } from '../recent-growth.ts';
import type { RequestSpan } from '../spans/span.ts';
import { isHttpSpan } from '../spans/span-kinds.ts';
import type { Processor } from './decorator.ts';
import { PathHeuristic } from './path-heuristic.ts';
import { RouteMatcher } from './route-matcher.ts';
import { ServicePatterns } from './service-patterns.ts';
import { ServiceTries } from './service-tries.ts';
import { isWildcardChar } from './wildcard-char.ts';

const OPTION_NAMES: readonly string[] = [
  'patterns',
  'ignoredPatterns',
  'ignoreMode',
  'unmatched',
  'wildcardChar',
  'maxPathSegmentCardinality',
] satisfies (keyof RoutesOptions)[];
const IGNORE_MODES: readonly string[] = ['all', 'traces', 'metrics'];
const UNMATCHED: readonly string[] = ['unset', 'path', 'wildcard', 'heuristic', 'low-cardinality'];
const MAX_CARDINALITY = 1000;
const WILDCARD_ROUTE = '/**';

/**
 * Gives each HTTP span a route of low cardinality, and marks the spans that are to be ignored.
 *
 * A route that a span has already is kept. Else it is the pattern that matches its path, as written: first of `patterns`, then of
 * those that the process's selector gave. Else it is what `unmatched` says: `/**` (`wildcard`, the default), the path itself (`path`, as
 * many routes as there are paths), nothing (`unset`), or the path with a wildcard for each segment that looks like an identifier
 * (`heuristic`), with few words in each place (`low-cardinality`).
 * A path that matches `ignoredPatterns`, of a gRPC call too (`/grpc.health.v1.Health/*`), is marked in `span.ignore` whatever its route;
 * it stays in the stream. Queries never get into a route.
 *
 * Errors: INVALID_PATTERN names the pattern; INVALID_OPTION and UNKNOWN_OPTION name the option.
 *
 * @example
 * ```ts
 * import { RouteDecorator } from '@beyla/core';
 * const routes = new RouteDecorator({ patterns: ['/users/:id'], ignoredPatterns: ['/healthz'], unmatched: 'unset' });
 * const withRoutes = routes.process([]);
 * ```
 *
 * @public
 */
export class RouteDecorator implements Component {
  readonly name = 'routes';
  /** The decorator as a function of the pipeline. */
  readonly process: Processor;
  readonly #patterns: RouteMatcher;
  readonly #ignoredPatterns: RouteMatcher | undefined;
  readonly #ignoreMode: 'all' | 'traces' | 'metrics';
  readonly #unmatched: NonNullable<RoutesOptions['unmatched']>;
  readonly #servicePatterns = new ServicePatterns();
  readonly #heuristic: PathHeuristic | undefined;
  readonly #tries: ServiceTries | undefined;
  readonly #overflows = new RecentGrowth();
  readonly #lifecycle = new Lifecycle('routes', async () => undefined);
  #matched = 0;
  #unmatchedCount = 0;
  #ignored = 0;

  constructor(options: RoutesOptions = {}) {
    checkOptions(options);
    this.#patterns = new RouteMatcher(options.patterns ?? []);
    const ignored = options.ignoredPatterns ?? [];
    this.#ignoredPatterns = ignored.length === 0 ? undefined : new RouteMatcher(ignored);
    this.#ignoreMode = options.ignoreMode ?? 'all';
    this.#unmatched = options.unmatched ?? 'wildcard';
    const wildcard = options.wildcardChar ?? '*';
    const maxWords = options.maxPathSegmentCardinality ?? 10;
    const isLimited = this.#unmatched === 'low-cardinality';
    this.#heuristic = isLimited || this.#unmatched === 'heuristic' ? new PathHeuristic(wildcard) : undefined;
    this.#tries = isLimited && maxWords > 0 ? new ServiceTries(maxWords, wildcard) : undefined;
    this.process = (spans) => {
      for (const span of spans) this.#decorate(span);
      return spans;
    };
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#lifecycle.start(signal, async () => undefined);
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  health(): Health {
    if (this.#lifecycle.state === 'closed') return { status: 'closed', messages: [] };
    const overflows = this.#overflows.of(this.#tries?.counts().overflows ?? 0);
    if (overflows === 0) return { status: 'healthy', messages: [] };
    const trouble = `routes: ${overflows} paths were cut short because a service has too many different ones`;
    return { status: 'degraded', messages: [`${trouble}. Name its routes in routes.patterns.`] };
  }

  debugInfo(): Record<string, unknown> {
    return {
      unmatchedAction: this.#unmatched,
      ignoreMode: this.#ignoreMode,
      matched: this.#matched,
      unmatched: this.#unmatchedCount,
      ignored: this.#ignored,
      ...(this.#tries === undefined ? undefined : { trie: this.#tries.counts() }),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #decorate(span: RequestSpan): void {
    const path = withoutQuery(span.path);
    if (this.#ignoredPatterns?.match(path) !== undefined) {
      this.#ignored += 1;
      // Someone before may have taken the other signal away already.
      span.ignore = span.ignore === 'none' || span.ignore === this.#ignoreMode ? this.#ignoreMode : 'all';
    }
    // A gRPC call has a method, no route; nor is there one where the path could not be read.
    if (!isHttpSpan(span) || span.route !== undefined || path === '') return;
    const pattern = this.#patterns.match(path) ?? this.#servicePatterns.match(span, path);
    if (pattern !== undefined) {
      this.#matched += 1;
      span.route = pattern;
      return;
    }
    this.#unmatchedCount += 1;
    if (this.#heuristic !== undefined) span.route = this.#guess(this.#heuristic, span, path);
    else if (this.#unmatched === 'wildcard') span.route = WILDCARD_ROUTE;
    else if (this.#unmatched === 'path') span.route = path;
  }

  #guess(heuristic: PathHeuristic, span: RequestSpan, path: string): string {
    const route = heuristic.route(path);
    return this.#tries === undefined || route === WILDCARD_ROUTE
      ? route
      : this.#tries.route(span.process.service, route);
  }
}

/** A span's path has no query by contract; a processor of the user may have got it wrong, and a query can hold secrets. */
function withoutQuery(path: string): string {
  const mark = path.indexOf('?');
  return mark === -1 ? path : path.slice(0, mark);
}

function checkOptions(options: RoutesOptions): void {
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.includes(name)) {
      throw new BeylaError('UNKNOWN_OPTION', `routes has no option \`${name}\`; it has ${OPTION_NAMES.join(', ')}`);
    }
  }
  checkPatterns('patterns', options.patterns);
  checkPatterns('ignoredPatterns', options.ignoredPatterns);
  checkWord('ignoreMode', options.ignoreMode, IGNORE_MODES);
  checkWord('unmatched', options.unmatched, UNMATCHED);
  const { wildcardChar, maxPathSegmentCardinality } = options;
  if (wildcardChar !== undefined && !isWildcardChar(wildcardChar)) {
    throw new BeylaError(
      'INVALID_OPTION',
      `routes.wildcardChar must be one printable ASCII character, but not \`/\`, \`?\` or \`#\`; it is ${JSON.stringify(wildcardChar)}`,
    );
  }
  const isCount = Number.isInteger(maxPathSegmentCardinality) && Number(maxPathSegmentCardinality) >= 0;
  if (maxPathSegmentCardinality !== undefined && (!isCount || maxPathSegmentCardinality > MAX_CARDINALITY)) {
    throw new BeylaError(
      'INVALID_OPTION',
      `routes.maxPathSegmentCardinality must be a whole number from 0 to ${MAX_CARDINALITY}, not ${JSON.stringify(maxPathSegmentCardinality)}`,
    );
  }
}

function checkPatterns(name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.every((pattern) => typeof pattern === 'string'))) return;
  throw new BeylaError('INVALID_OPTION', `routes.${name} must be a list of patterns`);
}

function checkWord(name: string, value: unknown, words: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && words.includes(value))) return;
  throw new BeylaError(
    'INVALID_OPTION',
    `routes.${name} must be one of ${words.join(', ')}, not ${JSON.stringify(value)}`,
  );
}

import type { Component, Health } from '../component.ts';
import { BeylaError } from '../errors.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { RoutesOptions } from '../options/options.ts';
import type { RequestSpan } from '../spans/span.ts';
import type { Processor } from './decorator.ts';
import { RouteMatcher } from './route-matcher.ts';

const OPTION_NAMES: readonly string[] = [
  'patterns',
  'ignoredPatterns',
  'ignoreMode',
  'unmatched',
] satisfies (keyof RoutesOptions)[];
const IGNORE_MODES: readonly string[] = ['all', 'traces', 'metrics'];
const UNMATCHED: readonly string[] = ['unset', 'path', 'wildcard'];

/**
 * Gives each span a route of low cardinality, and marks the spans that are to be ignored.
 *
 * A route that a span has already is kept. Else it is the pattern that matches its path, as written; else what `unmatched`
 * says: `/**` (`wildcard`, the default), the path itself (`path`, as many routes as there are paths) or nothing (`unset`).
 * A path that matches `ignoredPatterns` is marked in `span.ignore` whatever its route; it stays in the stream. Queries never
 * get into a route.
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
  readonly #unmatched: 'unset' | 'path' | 'wildcard';
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
    return { status: this.#lifecycle.state === 'closed' ? 'closed' : 'healthy', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return {
      unmatchedAction: this.#unmatched,
      ignoreMode: this.#ignoreMode,
      matched: this.#matched,
      unmatched: this.#unmatchedCount,
      ignored: this.#ignored,
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
    if (span.route !== undefined) return;
    const pattern = this.#patterns.match(path);
    if (pattern !== undefined) {
      this.#matched += 1;
      span.route = pattern;
      return;
    }
    this.#unmatchedCount += 1;
    if (this.#unmatched === 'wildcard') span.route = '/**';
    else if (this.#unmatched === 'path') span.route = path;
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

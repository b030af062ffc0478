import type { ServiceRoutes } from '../options/options.ts';
import type { HttpRequestSpan } from '../spans/span.ts';
import { RouteMatcher } from './route-matcher.ts';

interface Matchers {
  readonly incoming: RouteMatcher | undefined;
  readonly outgoing: RouteMatcher | undefined;
}

/** Finds the pattern of a span among those that its process's selector gave; each set of patterns is compiled once. */
export class ServicePatterns {
  readonly #compiled = new WeakMap<ServiceRoutes, Matchers>();

  /** `path` must not have a query. */
  match(span: HttpRequestSpan, path: string): string | undefined {
    const { routes } = span.process;
    if (routes === undefined) return undefined;
    let matchers = this.#compiled.get(routes);
    if (matchers === undefined) {
      matchers = { incoming: compiled(routes.incoming), outgoing: compiled(routes.outgoing) };
      this.#compiled.set(routes, matchers);
    }
    return (span.kind === 'http.client' ? matchers.outgoing : matchers.incoming)?.match(path);
  }
}

function compiled(patterns: readonly string[] | undefined): RouteMatcher | undefined {
  return patterns === undefined || patterns.length === 0 ? undefined : new RouteMatcher(patterns);
}

import { describe, expect, it } from 'vitest';
import type { RoutesOptions } from '../options/options.ts';
import { aGrpcSpan, aProcess, aSpan } from '../testing/span.ts';
import { RouteDecorator } from './route-decorator.ts';

function decorated(options: RoutesOptions, fields: Parameters<typeof aSpan>[0]): ReturnType<typeof aSpan> {
  const span = aSpan(fields);
  const spans = [span];
  expect(new RouteDecorator(options).process(spans)).toBe(spans);
  return span;
}

describe('RouteDecorator', () => {
  it('sets the pattern that matches, as written, on servers and clients', () => {
    expect(decorated({ patterns: ['/users/:id/'] }, { path: '/users/7' }).route).toBe('/users/:id/');
    expect(decorated({ patterns: ['/users/:id'] }, { path: '/users/7', kind: 'http.client' }).route).toBe('/users/:id');
  });

  it('gives an unmatched path the wildcard by default, or itself, or nothing', () => {
    expect(decorated({}, { path: '/x/1' }).route).toBe('/**');
    expect(decorated({ unmatched: 'wildcard' }, { path: '/x/1' }).route).toBe('/**');
    expect(decorated({ unmatched: 'path' }, { path: '/x/1' }).route).toBe('/x/1');
    expect(decorated({ unmatched: 'unset' }, { path: '/x/1' }).route).toBeUndefined();
  });

  it('keeps a route that the span has already', () => {
    expect(decorated({ patterns: ['/users/:id'] }, { path: '/users/7', route: '/users/{uid}' }).route).toBe(
      '/users/{uid}',
    );
  });

  it('never lets a query into a route', () => {
    expect(decorated({ unmatched: 'path' }, { path: '/login?password=x', query: undefined }).route).toBe('/login');
    expect(decorated({ patterns: ['/login'] }, { path: '/login?password=x' }).route).toBe('/login');
  });

  it('marks ignored paths, also those a pattern matches, in the asked mode', () => {
    const ignoredPatterns = ['/healthz', '/internal/*'];
    expect(decorated({ patterns: ['/healthz'], ignoredPatterns }, { path: '/healthz' })).toMatchObject({
      ignore: 'all',
      route: '/healthz',
    });
    expect(decorated({ ignoredPatterns, ignoreMode: 'traces' }, { path: '/internal/a/b' }).ignore).toBe('traces');
    expect(decorated({ ignoredPatterns, ignoreMode: 'metrics' }, { path: '/internal' }).ignore).toBe('metrics');
    expect(decorated({ ignoredPatterns }, { path: '/users' }).ignore).toBe('none');
  });

  it('gives gRPC calls no route, and marks those whose path is ignored', () => {
    const routes = new RouteDecorator({ unmatched: 'path', ignoredPatterns: ['/grpc.health.v1.Health/*'] });
    const health = { path: '/grpc.health.v1.Health/Check', service: 'grpc.health.v1.Health', method: 'Check' };
    const spans = [aGrpcSpan(), aGrpcSpan(health)];
    expect(routes.process(spans)).toBe(spans);
    expect(spans.map(({ ignore }) => ignore)).toEqual(['none', 'all']);
    for (const span of spans) expect(span).not.toHaveProperty('route');
    expect(routes.debugInfo()).toMatchObject({ matched: 0, unmatched: 0, ignored: 1 });
  });

  it('joins its mark with one that is there', () => {
    const options: RoutesOptions = { ignoredPatterns: ['/*'], ignoreMode: 'traces' };
    expect(decorated(options, { path: '/', ignore: 'metrics' }).ignore).toBe('all');
    expect(decorated(options, { path: '/', ignore: 'traces' }).ignore).toBe('traces');
  });

  it('tries the patterns for all, then those of the process, then guesses', () => {
    const process = aProcess({ routes: { incoming: ['/users/:uid', '/carts/:id'] } });
    const options: RoutesOptions = { patterns: ['/users/:id'], unmatched: 'heuristic' };
    expect(decorated(options, { process, path: '/users/7' }).route).toBe('/users/:id');
    expect(decorated(options, { process, path: '/carts/7' }).route).toBe('/carts/:id');
    expect(decorated(options, { process, path: '/orders/7' }).route).toBe('/orders/*');
    expect(decorated(options, { process, path: '/carts/7', kind: 'http.client' }).route).toBe('/carts/*');
  });

  it('guesses with the wildcard it is given and without the query', () => {
    const options: RoutesOptions = { unmatched: 'heuristic', wildcardChar: '~' };
    expect(decorated(options, { path: '/orders/7/items?token=zqxjkv' }).route).toBe('/orders/~/items');
  });

  it('limits the words of a place with low-cardinality only, and says so', () => {
    const names = ['anna', 'maria', 'thomas', 'peter', 'susan', 'linda', 'robert', 'james', 'karen', 'daniel', 'laura'];
    const spans = (): ReturnType<typeof aSpan>[] => names.map((name) => aSpan({ path: `/team/${name}` }));
    const last = (options: RoutesOptions): string | undefined => {
      const decorated = spans();
      new RouteDecorator(options).process(decorated);
      return decorated.at(-1)?.route;
    };
    expect(last({ unmatched: 'heuristic' })).toBe('/team/laura');
    expect(last({ unmatched: 'low-cardinality' })).toBe('/team/*');
    expect(last({ unmatched: 'low-cardinality', maxPathSegmentCardinality: 11 })).toBe('/team/laura');
    expect(last({ unmatched: 'low-cardinality', maxPathSegmentCardinality: 0 })).toBe('/team/laura');
    const routes = new RouteDecorator({ unmatched: 'low-cardinality' });
    routes.process(spans());
    expect(routes.debugInfo()['trie']).toEqual({ services: 1, collapses: 1, overflows: 0, evictions: 0 });
    expect(routes.health()).toEqual({ status: 'healthy', messages: [] });
  });

  it('keeps /** for what is not a path', () => {
    const target = { path: 'shop.example:443', method: 'CONNECT' };
    expect(decorated({ unmatched: 'low-cardinality' }, target).route).toBe('/**');
    expect(decorated({ unmatched: 'low-cardinality' }, { path: '*', method: 'OPTIONS' }).route).toBe('*');
  });

  it('is degraded, with a cure, when a service has more routes than it may', () => {
    const routes = new RouteDecorator({ unmatched: 'low-cardinality', maxPathSegmentCardinality: 1000 });
    const letters = [...'bcdfghjklmnprstv'];
    const words = letters.flatMap((first) => letters.map((second) => `${first}e${second}`));
    routes.process(words.flatMap((word) => words.map((other) => aSpan({ path: `/${word}/${other}` }))));
    expect(routes.health()).toMatchObject({
      status: 'degraded',
      messages: [expect.stringContaining('routes.patterns')],
    });
  });

  it.each([
    [{ patterns: ['users'] }, 'INVALID_PATTERN', '`users`'],
    [{ ignoredPatterns: ['/a/*/b'] }, 'INVALID_PATTERN', '`/a/*/b`'],
    [{ patterns: '/users' }, 'INVALID_OPTION', 'routes.patterns'],
    [{ unmatched: 'heuristik' }, 'INVALID_OPTION', 'routes.unmatched'],
    [{ wildcardChar: '**' }, 'INVALID_OPTION', 'routes.wildcardChar'],
    [{ wildcardChar: '/' }, 'INVALID_OPTION', 'routes.wildcardChar'],
    [{ maxPathSegmentCardinality: -1 }, 'INVALID_OPTION', 'routes.maxPathSegmentCardinality'],
    [{ maxPathSegmentCardinality: '10' }, 'INVALID_OPTION', 'routes.maxPathSegmentCardinality'],
    [{ ignoreMode: 'none' }, 'INVALID_OPTION', 'routes.ignoreMode'],
    [{ pattern: [] }, 'UNKNOWN_OPTION', '`pattern`'],
  ])('refuses %j with %s', (options, code, part) => {
    expect(() => new RouteDecorator(options as RoutesOptions)).toThrowError(
      expect.objectContaining({ code, message: expect.stringContaining(part) }),
    );
  });

  it('follows the life of a component', async () => {
    const routes = new RouteDecorator();
    await routes.start();
    await expect(routes.start()).rejects.toMatchObject({ code: 'ALREADY_STARTED' });
    expect(routes.health().status).toBe('healthy');
    await routes.close();
    expect(routes.health().status).toBe('closed');
  });
});

import { describe, expect, it } from 'vitest';
import type { RoutesOptions } from '../options/options.ts';
import { aSpan } from '../testing/span.ts';
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

  it('joins its mark with one that is there', () => {
    const options: RoutesOptions = { ignoredPatterns: ['/*'], ignoreMode: 'traces' };
    expect(decorated(options, { path: '/', ignore: 'metrics' }).ignore).toBe('all');
    expect(decorated(options, { path: '/', ignore: 'traces' }).ignore).toBe('traces');
  });

  it.each([
    [{ patterns: ['users'] }, 'INVALID_PATTERN', '`users`'],
    [{ ignoredPatterns: ['/a/*/b'] }, 'INVALID_PATTERN', '`/a/*/b`'],
    [{ patterns: '/users' }, 'INVALID_OPTION', 'routes.patterns'],
    [{ unmatched: 'heuristik' }, 'INVALID_OPTION', 'routes.unmatched'],
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathHeuristic } from './path-heuristic.ts';

describe('PathHeuristic', () => {
  const heuristic = new PathHeuristic('*');

  it.each([
    ['/', '/'],
    ['/users/17', '/users/*'],
    ['/users/17/', '/users/*/'],
    ['//users//17', '//users//*'],
    ['/api/v1/orders/9f86d081884c7d65/items', '/api/v1/orders/*/items'],
    ['/orders/2f1b9c1e-5a0e-4a57-9d0c-0a6b2f6e8a11', '/orders/*'],
    ['/events/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/events/*'],
    ['/people/ada.lovelace%40example.org/avatar.png', '/people/*/avatar.png'],
    ['/reports/2026-01-02', '/reports/*'],
    ['/hilfe/kündigung', '/hilfe/kündigung'],
    ['/%D0%B3%D0%BE%D1%80%D0%BE%D0%B4%D0%B0', '/%D0%B3%D0%BE%D1%80%D0%BE%D0%B4%D0%B0'],
    ['/oauth2/userinfo', '/oauth2/userinfo'],
    ['/getUserById/zqxjkvbnwp', '/getUserById/*'],
    ['/blog/my-first-post-8473', '/blog/*'],
    ['/%zz', '/%zz'],
    ['*', '*'],
    ['shop.example:443', '/**'],
    ['', '/**'],
  ])('%s becomes %s', (path, route) => {
    expect(heuristic.route(path)).toBe(route);
    expect(heuristic.route(path)).toBe(route);
  });

  it('cuts what follows the ninth segment, also after a wildcard', () => {
    expect(heuristic.route('/a/b/c/d/e/f/g/h/i/j/k')).toBe('/a/b/c/d/e/f/g/h/i');
    expect(heuristic.route('/a/b/c/d/e/f/g/h/123/j')).toBe('/a/b/c/d/e/f/g/h/*');
    expect(heuristic.route('/a/b/c/d/e/f/g/h/i')).toBe('/a/b/c/d/e/f/g/h/i');
  });

  it('uses the wildcard it is given', () => {
    expect(new PathHeuristic('#').route('/users/17/posts/18')).toBe('/users/#/posts/#');
  });

  it('gives a route the same route, whatever the path', () => {
    const segment = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.webSegment(),
      fc.uuid(),
      fc.constantFrom('', 'users', '7'),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 14 }), (segments) => {
        const route = heuristic.route(`/${segments.join('/')}`);
        expect(heuristic.route(route)).toBe(route);
        expect(route.split('/').length).toBeLessThanOrEqual(10);
      }),
      { numRuns: 2000 },
    );
  });
});

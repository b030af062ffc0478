import type { RequestSpan } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { aGrpcSpan, aProcess, aSpan } from '../../core/src/testing/span.ts';
import { KNOWN_ATTRIBUTE_NAMES } from './attribute-names.ts';
import { resourceAttributes, spanAttributes } from './attributes.ts';
import { createFilter, type FilterOptions } from './filter.ts';

const cart = aProcess({
  service: { name: 'cart', namespace: 'prod', instanceId: 'h:7' },
  resource: { 'k8s.pod.name': 'cart-1' },
});

const SPANS: readonly RequestSpan[] = [
  aSpan({ path: '/a', statusCode: 200 }),
  aSpan({ path: '/b', statusCode: 404, route: '/b' }),
  aSpan({ path: '/c', statusCode: 500, process: cart }),
  aSpan({ path: '/d', statusCode: undefined, attributes: { 'shop.tenant': 'blue' } }),
];

/** Paths of what passes. */
function passed(options: FilterOptions, ownAttributes?: readonly string[]): string {
  const spans = createFilter(options, ownAttributes)([...SPANS]);
  return spans.map((span) => span.path).join(' ');
}

describe('createFilter', () => {
  it.each<[FilterOptions, string]>([
    [{}, '/a /b /c /d'],
    [{ 'url.path': { match: '/[ab]' } }, '/a /b'],
    [{ url_path: { notMatch: '/[ab]' } }, '/c /d'],
    [{ 'http.response.status_code': { greaterEquals: 404 } }, '/b /c'],
    [{ 'http.response.status_code': { greaterThan: 404 } }, '/c'],
    [{ 'http.response.status_code': { lessThan: 404 } }, '/a'],
    [{ 'http.response.status_code': { lessEquals: 404 } }, '/a /b'],
    [{ 'http.response.status_code': { greaterThan: 200, lessThan: 500 } }, '/b'],
    [{ 'http.response.status_code': { equals: 500 } }, '/c'],
    [{ 'http.response.status_code': { equals: 0 } }, ''],
    [{ 'http.response.status_code': { notEquals: 500 } }, '/a /b /d'],
    [{ 'http.response.status_code': { match: '4??' } }, '/b'],
    [{ 'http.route': { match: '' } }, '/a /c /d'],
    [{ service_name: { match: 'cart' } }, '/c'],
    [{ 'k8s.pod.name': { match: 'cart-*' } }, '/c'],
    [{ 'service.namespace': { notMatch: 'prod' }, 'url.path': { notMatch: '/a' } }, '/b /d'],
  ])('%j passes %s', (options, expected) => {
    expect(passed(options)).toBe(expected);
  });

  it('takes attributes of a processor that are announced', () => {
    expect(passed({ shop_tenant: { match: 'blue' } }, ['shop.tenant'])).toBe('/d');
  });

  it('returns the same array when it takes nothing away', () => {
    const spans = [...SPANS];
    expect(createFilter({ 'url.path': { match: '/*' } })(spans)).toBe(spans);
  });

  it.each<[unknown, string, RegExp]>([
    [{ 'url.paht': { match: '*' } }, 'UNKNOWN_OPTION', /`url\.paht`/],
    [{ 'url.path': { matches: '*' } }, 'UNKNOWN_OPTION', /`filter\.url\.path` has no condition `matches`/],
    [{ 'url.path': {} }, 'INVALID_OPTION', /needs/],
    [{ 'url.path': { match: 'a', notMatch: 'b' } }, 'INVALID_OPTION', /one of these only/],
    [{ 'server.port': { match: '8*', equals: 80 } }, 'INVALID_OPTION', /one of these only/],
    [{ 'server.port': { equals: '80' } }, 'INVALID_OPTION', /`filter\.server\.port\.equals` must be a number/],
    [{ 'url.path': { match: '[' } }, 'INVALID_PATTERN', /filter\.url\.path\.match/],
  ])('refuses %j with %s', (options, code, message) => {
    expect(() => createFilter(options as FilterOptions)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('every attribute of every kind of span is known', () => {
    const everything = {
      query: 'a=b',
      userAgent: 'curl',
      route: '/',
      errorType: 'x',
      requestBodySize: 1,
      method: 'get',
    };
    const spans = [
      aSpan(everything),
      aSpan({ ...everything, kind: 'http.client' }),
      aSpan({ remote: { address: '/run/x', port: 0, transport: 'unix' } }),
    ];
    const all = { hasOldHttp: false, hasOldRpc: true, hasStableRpc: true };
    const names = [...spans, aGrpcSpan(), aSpan({ client: { address: '192.0.2.1', port: 7 } })].flatMap((span) =>
      Object.keys(spanAttributes(span, all)),
    );
    names.push(...Object.keys(resourceAttributes(aProcess({ service: cart.service }))));
    expect(new Set(names)).toEqual(KNOWN_ATTRIBUTE_NAMES);
  });
});

import { describe, expect, it } from 'vitest';
import { type SpanAttributeSelection, spanAttributeSelector } from './span-attribute-selection.ts';

const ATTRIBUTES = { 'http.route': '/a', 'url.path': '/a', 'url.query': 'x=1', 'shop.tenant': 'blue' };

describe('spanAttributeSelector', () => {
  it.each<[SpanAttributeSelection, string]>([
    [{ exclude: ['url.query'] }, 'http.route url.path shop.tenant'],
    [{ exclude: ['url_*'] }, 'http.route shop.tenant'],
    [{ include: ['url.*'] }, 'url.path url.query'],
    [{ include: ['url.*', 'http_route'], exclude: ['url.query'] }, 'http.route url.path'],
    [{ include: ['*'] }, 'http.route url.path url.query shop.tenant'],
    [{ exclude: ['*'] }, ''],
  ])('%j leaves %s', (selection, expected) => {
    const select = spanAttributeSelector(selection);
    for (let twice = 0; twice < 2; twice += 1) {
      expect(Object.keys(select?.({ ...ATTRIBUTES }) ?? { nothing: true }).join(' ')).toBe(expected);
    }
  });

  it('costs nothing where all are selected', () => {
    expect(spanAttributeSelector()).toBeUndefined();
    expect(spanAttributeSelector({ include: [] })).toBeUndefined();
  });

  it('does not remember more names than a thousand, and is right all the same', () => {
    const select = spanAttributeSelector({ exclude: ['b*'] });
    for (let i = 0; i < 3_000; i += 1) expect(select?.({ [`a${i}`]: 1, [`b${i}`]: 1 })).toEqual({ [`a${i}`]: 1 });
  });

  it.each<[unknown, string]>([
    [{ includes: ['*'] }, 'UNKNOWN_OPTION'],
    [{ include: '*' }, 'INVALID_OPTION'],
    [{ exclude: ['['] }, 'INVALID_PATTERN'],
  ])('refuses %j with %s', (selection, code) => {
    expect(() => spanAttributeSelector(selection as SpanAttributeSelection)).toThrowError(
      expect.objectContaining({ code }),
    );
  });
});

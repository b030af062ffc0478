import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BeylaError } from '../errors.ts';
import { parsePortList } from './port-list.ts';

function failure(input: string | number | readonly (string | number)[]): BeylaError {
  try {
    parsePortList(input, 'discovery.instrument[0].openPorts');
  } catch (error) {
    if (error instanceof BeylaError) return error;
  }
  throw new Error('expected a BeylaError');
}

describe('parsePortList()', () => {
  it('reads single ports, lists and ranges', () => {
    const ports = parsePortList('80,443,8000-8999');
    expect(ports.ranges).toEqual([
      [80, 80],
      [443, 443],
      [8000, 8999],
    ]);
    expect([80, 443, 8000, 8500, 8999].every((port) => ports.has(port))).toBe(true);
    expect([1, 79, 81, 7999, 9000, 65_535].some((port) => ports.has(port))).toBe(false);
  });

  it('allows white space around every number', () => {
    expect(parsePortList(' 80 ,\t443,8000 - 8999\n').ranges).toEqual(parsePortList('80,443,8000-8999').ranges);
  });

  it('takes numbers, and arrays of numbers and texts', () => {
    expect(parsePortList(8080).ranges).toEqual([[8080, 8080]]);
    expect(parsePortList([9000, '80,81', '1-3']).ranges).toEqual([
      [1, 3],
      [80, 81],
      [9000, 9000],
    ]);
  });

  it.each([
    [',', 1],
    ['-', 1],
    ['', 1],
    ['   ', 4],
    [',80', 1],
    ['80,', 4],
    ['80,,443', 4],
    ['80-', 4],
    ['-80', 1],
    ['80-90-100', 6],
    ['http', 1],
    ['80,a', 4],
    ['80 90', 4],
    ['0', 1],
    ['65536', 1],
    ['80,99999', 4],
    ['90-80', 1],
    ['1.5', 2],
  ])('refuses %j and names character %i', (text, position) => {
    const error = failure(text);
    expect(error.code).toBe('INVALID_PORT_RANGE');
    expect(error.message).toContain(`\`discovery.instrument[0].openPorts\` is ${JSON.stringify(text)}`);
    expect(error.message).toContain(`at character ${position}.`);
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('refuses the number %d', (port) => {
    expect(failure(port).code).toBe('INVALID_PORT_RANGE');
  });

  it('names the element of a list that is wrong', () => {
    expect(failure([80, '81-']).message).toContain('openPorts[1]` is "81-"');
    expect(failure([]).code).toBe('INVALID_PORT_RANGE');
  });

  it('agrees with a plain set for any list of ranges', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const item = fc.tuple(port, fc.nat({ max: 50 })).map(([low, more]) => [low, Math.min(low + more, 65_535)] as const);
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), port, (items, probe) => {
        const list = parsePortList(items.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(', '));
        const expected = new Set(
          items.flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, i) => low + i)),
        );
        for (const candidate of [probe, ...items.flat(), ...items.flat().map((edge) => edge + 1)]) {
          expect(list.has(candidate)).toBe(expected.has(candidate));
        }
      }),
    );
  });

  it('answers any text with a list or INVALID_PORT_RANGE', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789,- ax\t') }), (text) => {
        try {
          expect(parsePortList(text).ranges.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_PORT_RANGE' });
        }
      }),
    );
  });
});

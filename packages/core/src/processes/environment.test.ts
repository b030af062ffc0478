import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseResourceAttributes, readResourceEnvironment } from './environment.ts';
import { ProcFs } from './procfs.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'beyla-environment-'));
  mkdirSync(join(root, '7'));
});
afterEach(() => rmSync(root, { recursive: true }));

function read(...variables: string[]): ReturnType<typeof readResourceEnvironment> {
  writeFileSync(join(root, '7', 'environ'), variables.map((variable) => `${variable}\0`).join(''));
  return readResourceEnvironment(new ProcFs(root), 7);
}

describe('readResourceEnvironment()', () => {
  it('takes the service and the resource from the two standard variables and keeps no other', () => {
    const found = read(
      'PASSWORD=secret',
      'OTEL_SERVICE_NAME=checkout',
      'OTEL_RESOURCE_ATTRIBUTES=service.name=no,service.namespace=shop,service.version=1.2,team=a%2Cb',
    );
    expect(found).toEqual({
      serviceName: 'checkout',
      serviceNamespace: 'shop',
      instanceId: undefined,
      resource: { 'service.version': '1.2', team: 'a,b' },
      refused: 0,
    });
  });

  it('takes the name from the attributes when that is the only place', () => {
    expect(read('OTEL_RESOURCE_ATTRIBUTES=service.name=cart').serviceName).toBe('cart');
  });

  it('ignores references that nobody resolved, and empty values', () => {
    expect(read('OTEL_SERVICE_NAME=$(POD)', 'OTEL_RESOURCE_ATTRIBUTES=service.name=$X,a=')).toEqual({
      serviceName: undefined,
      serviceNamespace: undefined,
      instanceId: undefined,
      resource: {},
      refused: 0,
    });
  });

  it('cuts a name of 120 kB, and counts it', () => {
    const found = read(`OTEL_SERVICE_NAME=${'x'.repeat(120_000)}`);
    expect([found.serviceName, found.refused]).toEqual(['x'.repeat(255), 1]);
  });

  it('answers nothing for a process that is gone', () => {
    expect(readResourceEnvironment(new ProcFs(root), 8)).toEqual({
      serviceName: undefined,
      serviceNamespace: undefined,
      instanceId: undefined,
      resource: {},
      refused: 0,
    });
  });
});

describe('parseResourceAttributes()', () => {
  it('leaves out what is not a pair and keeps the rest', () => {
    const { attributes, refused } = parseResourceAttributes('a=1,,=2,b, c = 3 ,d=%zz,__proto__=x');
    expect(attributes).toEqual({ a: '1', c: '3', d: '%zz' });
    expect(refused).toBe(1);
  });

  it.each(['__name__', '_a', '9', 'a b', 'é', 'a"b', 'a'.repeat(129), 'constructor='])(
    'refuses what no attribute is called: %s',
    (key) => {
      const { attributes, refused } = parseResourceAttributes(`${key}=x,ok=y`);
      expect(Object.keys(attributes)).toEqual(key.endsWith('=') ? ['constructor', 'ok'] : ['ok']);
      expect(refused).toBe(key.endsWith('=') ? 0 : 1);
    },
  );

  it('takes at most 64 attributes with values of at most 1024 characters, whatever there is', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `a${index}=${'😀'.repeat(600)}`).join(',');
    const { attributes, refused } = parseResourceAttributes(`service.name=${'n'.repeat(1000)},${many}`);
    expect(Object.keys(attributes)).toHaveLength(64);
    expect(attributes['service.name']).toBe('n'.repeat(255));
    expect(attributes['a0']).toBe('😀'.repeat(512));
    expect(refused).toBe(64 + 4937);
  });

  it('does not throw on any text, and keeps to its limits', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', ',', '%', '😀', '_') }), (text) => {
        const entries = Object.entries(parseResourceAttributes(text).attributes);
        expect(entries.every(([key, value]) => /^[A-Za-z]/.test(key) && value.length <= 1024)).toBe(true);
      }),
    );
  });
});

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
    });
  });

  it('answers nothing for a process that is gone', () => {
    expect(readResourceEnvironment(new ProcFs(root), 8)).toEqual({
      serviceName: undefined,
      serviceNamespace: undefined,
      instanceId: undefined,
      resource: {},
    });
  });
});

describe('parseResourceAttributes()', () => {
  it('leaves out what is not a pair and keeps the rest', () => {
    expect(parseResourceAttributes('a=1,,=2,b, c = 3 ,d=%zz,__proto__=x')).toEqual({ a: '1', c: '3', d: '%zz' });
  });

  it('does not throw on any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseResourceAttributes(text) === 'object'));
  });
});

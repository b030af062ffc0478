import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sampleOf } from '../testing/config-samples.ts';
import { SCHEMA } from './schema/schema.ts';
import { leavesOf } from './schema-paths.ts';

const tutorials = new URL('../testing/tutorials/', import.meta.url);
const accepts: ValidateFunction = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8')) as object,
);

function documentOf(path: string, value: unknown): unknown {
  const keys = path.replaceAll('[]', '.[]').split('.');
  return keys.reduceRight((inner, key) => (key === '[]' ? [inner] : { [key === '*' ? 'name' : key]: inner }), value);
}

describe('config.schema.json', () => {
  it.each(readdirSync(tutorials))('accepts %s', (name) => {
    accepts(parse(readFileSync(new URL(name, tutorials), 'utf8')));
    expect(accepts.errors).toBeNull();
  });

  it('accepts what loadConfig() accepts at every key, a variable in its place, and nothing', () => {
    for (const [path, leaf] of leavesOf(SCHEMA).filter(([, { envOnly }]) => !envOnly)) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference as files have it.
      for (const value of [sampleOf(leaf), '${VARIABLE}', null]) {
        accepts(documentOf(path, value));
        expect(accepts.errors, path).toBeNull();
      }
    }
  });

  it('refuses unknown keys everywhere, and values of another kind', () => {
    expect(accepts({ open_prot: 80 })).toBe(false);
    expect(accepts({ discovery: { services: [{ exe: 'x' }] } })).toBe(false);
    expect(accepts({ attributes: { select: { traces: { only: ['x'] } } } })).toBe(false);
    expect(accepts({ prometheus_export: { port: 'eighty' } })).toBe(false);
    expect(accepts({ routes: { unmatched: 'heurstic' } })).toBe(false);
    expect(accepts({ otel_metrics_export: { interval: 5 } })).toBe(false);
    // What only variables can set has no place in files.
    expect(accepts({ otel_traces_export: { headers: 'a=b' } })).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { BeylaError } from '../errors.ts';
import { sampleOf, sampleTextOf } from '../testing/config-samples.ts';
import { ConfigReader } from './read-config.ts';
import { namesOf } from './read-environment.ts';
import type { Leaf, Node } from './schema/node.ts';
import { SCHEMA } from './schema/schema.ts';
import { leavesOf } from './schema-paths.ts';
import type { Environment } from './substitute.ts';
import { parseYaml } from './yaml-source.ts';

const LEAVES = leavesOf(SCHEMA);
const IN_FILES = LEAVES.filter(([, leaf]) => !leaf.envOnly);
const WITH_ENV = LEAVES.filter(([, leaf]) => leaf.env.length > 0);

async function read(document: unknown, env: Environment = {}): Promise<{ values: object; reader: ConfigReader }> {
  const reader = new ConfigReader(SCHEMA, env);
  return { values: reader.read(await parseYaml(JSON.stringify(document), 'test.yml', env)), reader };
}

/** `a[].b.*.c` as the document `{ a: [{ b: { name: { c: value } } }] }`. */
function documentOf(path: string, value: unknown): unknown {
  return path
    .replaceAll('[]', '.[]')
    .split('.')
    .reduceRight((inner, key) => (key === '[]' ? [inner] : { [key === '*' ? 'name' : key]: inner }), value);
}

function valueAt(values: object, path: string): unknown {
  const keys = path.replaceAll('[]', '.0').replaceAll('.*', '.name').split('.');
  return keys.reduce((at, key) => (at as Record<string, unknown>)[key] as object, values);
}

async function failureOf(document: unknown): Promise<BeylaError> {
  const error = await read(document).catch((thrown: unknown) => thrown);
  if (error instanceof BeylaError) return error;
  throw new Error(`expected a BeylaError, not ${String(error)}`);
}

function written(leaf: Leaf, value: unknown): unknown {
  return leaf.kind.write(value);
}

describe('the schema of the configuration', () => {
  it.each(IN_FILES)('reads %s and writes the same', async (path, leaf) => {
    const sample = sampleOf(leaf);
    const { values, reader } = await read(documentOf(path, sample));
    expect(written(leaf, valueAt(values, path))).toEqual(sample);
    expect(reader.warnings.length > 0).toBe(isInert(path));
    for (const warning of reader.warnings) expect(warning.message).toMatch(/^test\.yml:1:\d+: `.*`: /);
  });

  it.each(WITH_ENV)('takes %s from its variables, which win over the file', async (path, leaf) => {
    const [fromFile] = leaf.envOnly ? [{}] : [documentOf(path, sampleOf(leaf))];
    for (const name of namesOf(leaf)) {
      const { values, reader } = await read(fromFile, { [name]: sampleTextOf(leaf) });
      expect(reader.sources.get(path)).toEqual({ from: 'env', name, line: 0, column: 0 });
      const expected = leaf.kind.read(
        {
          form: 'scalar',
          value: sampleTextOf(leaf),
          text: sampleTextOf(leaf),
          isText: true,
          source: reader.sources.get(path) as never,
        },
        path,
      );
      expect(valueAt(values, path)).toEqual(expected);
    }
  });

  it('gives the nearest key for a typo in any key, with its place', async () => {
    const prefixes = new Set(
      IN_FILES.flatMap(([path]) => path.split('.').map((_, at, keys) => keys.slice(0, at + 1).join('.'))),
    );
    const siblings = new Map<string, string[]>();
    for (const path of prefixes) {
      const parent = path.slice(0, path.lastIndexOf('.') + 1);
      siblings.set(parent, [...(siblings.get(parent) ?? []), path]);
    }
    let typos = 0;
    for (const path of prefixes) {
      if (path.endsWith('.*')) continue;
      const key = (path.split('.').at(-1) as string).replace('[]', '');
      const parent = path.slice(0, path.length - key.length - (path.endsWith('[]') ? 2 : 0));
      const middle = Math.ceil(key.length / 2);
      for (const typo of [`${key.slice(0, middle)}q${key.slice(middle)}`, `${key}x`]) {
        const document = documentOf(`${parent}${typo}`, 'value');
        const error = await failureOf(document);
        const shown = parent.replaceAll('[]', '[0]').replaceAll('.*.', '.name.');
        expect(error.code).toBe('UNKNOWN_OPTION');
        expect(error.message).toContain(`unknown key \`${shown}${typo}\`; the nearest one is \`${shown}${key}\``);
        expect(error.message).toContain(`test.yml:1:${JSON.stringify(document).indexOf(`"${typo}"`) + 1}: `);
        typos += 1;
      }
    }
    expect(typos).toBeGreaterThan(IN_FILES.length);
  });

  it('names the place of a key that belongs elsewhere', async () => {
    const error = await failureOf({ report_peer: true });
    expect(error.message).toContain('the nearest one is `otel_metrics_export.report_peer`');
  });

  it.each(IN_FILES.filter(([, leaf]) => leaf.kind.words !== 'anything'))(
    'refuses a mapping of mappings at %s',
    async (path, leaf) => {
      const error = await failureOf(documentOf(path, { a: { b: { c: 1 } } }));
      expect(error.message).toMatch(/^test\.yml:1:\d+: /);
      expect(error.code).toBe('INVALID_OPTION');
      expect(error.message).toContain('expected');
      expect(leaf.meaning).toMatch(/\.$/);
    },
  );

  it('has a right default for every key', () => {
    for (const [path, leaf] of LEAVES.filter(([, { default: value }]) => value !== undefined)) {
      const text = JSON.stringify(written(leaf, leaf.default));
      const source = { from: 'file', name: path, line: 1, column: 1 } as const;
      const value = written(leaf, leaf.default);
      const given = Array.isArray(value)
        ? { form: 'scalar' as const, value: value.join(','), text: value.join(','), isText: true, source }
        : { form: 'scalar' as const, value: value as string, text: String(value), isText: false, source };
      expect(leaf.kind.read(given, path), text).toEqual(leaf.default);
    }
  });
});

/** The leaf or something around it has no effect, or the sample is a value that warns. */
function isInert(path: string): boolean {
  let node: Node | undefined = SCHEMA;
  for (const key of path.split('.')) {
    const isItem = key === '*';
    if (!isItem && node.form === 'section') node = node.fields[key.replace('[]', '')] as Node;
    if (node.form === 'leaf')
      return node.inert !== undefined || node.caveat?.(node.kind.read(given(node), path) as never) !== undefined;
    if ((node.form === 'list' || node.form === 'map') && node.inert !== undefined) return true;
    if (node.form === 'list' || isItem) node = (node as { item: Node }).item;
  }
  return false;
}

function given(leaf: Leaf): Parameters<Leaf['kind']['read']>[0] {
  const text = sampleTextOf(leaf);
  return { form: 'scalar', value: text, text, isText: true, source: { from: 'env', name: 'X', line: 0, column: 0 } };
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in YAML are part of what is tested.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { BeylaError } from '../errors.ts';
import { sampleOf } from '../testing/config-samples.ts';
import { loadConfig } from './load-config.ts';
import { SCHEMA } from './schema/schema.ts';
import { leavesOf, pathsOf } from './schema-paths.ts';
import { showEffectiveConfig } from './show-effective-config.ts';
import { toBeylaOptions } from './to-beyla-options.ts';
import { wantedExporters } from './wanted-exporters.ts';

const KEYS = [...new Set(pathsOf(SCHEMA).flatMap((path) => path.replaceAll('[]', '').split('.')))];
const SAMPLES = leavesOf(SCHEMA).map(([, leaf]) => sampleOf(leaf));

const scalar = fc.oneof(
  fc.constantFrom(...SAMPLES),
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, '${A}', '${B:-80}', '$${C}', '80-', '(', '[', '__proto__'),
);
const document = fc.letrec<{ value: unknown; map: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('map'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  map: fc.dictionary(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...KEYS) }, fc.string()), tie('value'), {
    maxKeys: 4,
  }),
})).map;

/** Whether it was accepted; whatever it is, nothing but a BeylaError may come out. */
async function survives(text: string): Promise<boolean> {
  try {
    const config = await loadConfig(`${text}\n`, { A: text.slice(0, 40) });
    toBeylaOptions(config);
    wantedExporters(config);
    showEffectiveConfig(config);
    return true;
  } catch (error) {
    if (error instanceof BeylaError) return false;
    throw error;
  }
}

describe('loadConfig() of anything', () => {
  it('accepts or throws a BeylaError for random documents of real keys', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(document, async (given) => {
        const base = { open_port: '80', print_traces: true };
        if (await survives(stringify({ ...given, ...base }))) accepted += 1;
      }),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('accepts or throws a BeylaError for random text', async () => {
    const line = fc.tuple(fc.nat(6), fc.constantFrom(...KEYS), fc.oneof(fc.string(), fc.string({ unit: 'binary' })));
    const text = fc
      .array(line, { maxLength: 8 })
      .map((lines) => lines.map(([indent, key, value]) => `${' '.repeat(indent)}${key}: ${value}`).join('\n'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.string(), fc.string({ unit: 'binary' })), async (given) => {
        await survives(given);
      }),
      { numRuns: 600 },
    );
  });

  it('is not overwhelmed by aliases, keys or maps in maps by the ten thousand', async () => {
    const times = (count: number, line: (index: number) => string): string =>
      Array.from({ length: count }, (_, i) => line(i)).join('');
    const startedMs = performance.now();
    const aliases = `network:\n  a: &a x\n  b:\n${times(20_000, () => '  - *a\n')}`;
    await expect(loadConfig(aliases, {})).rejects.toThrow(
      '<text>:1004:5: the file has 20000 aliases; expected at most 1000. Use fewer aliases.',
    );
    await expect(
      loadConfig(
        times(20_000, (index) => `key${index}: 1\n`),
        {},
      ),
    ).rejects.toThrow(BeylaError);
    await expect(loadConfig(`network: {${times(20_000, () => 'a: 1, ')}}`, {})).rejects.toThrow('keys must be unique');
    await expect(loadConfig(`network: ${'['.repeat(20_000)}`, {})).rejects.toThrow(BeylaError);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('is not overwhelmed by aliases of aliases', async () => {
    const levels = Array.from({ length: 30 }, (_, at) => `  a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}]`);
    await expect(loadConfig(`network:\n  a0: &a0 [x]\n${levels.join('\n')}\n`, {})).rejects.toThrow('too large');
  });
});

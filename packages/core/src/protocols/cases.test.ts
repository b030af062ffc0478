import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readScript } from '../testing/conversation-script.ts';
import { InterpreterHarness } from '../testing/interpreter-harness.ts';
import { batchesOf } from '../testing/recorded.ts';
import { expectSameReplay } from '../testing/replays.ts';

const CASES = new URL('../../../../test/cases/', import.meta.url);
const CASE =
  /^## (?<title>.+)\n(?:(?!^## )[\s\S])*?^```wire(?<options>.*)\n(?<script>[\s\S]*?)^```\n[^`]*^```json\n(?<expected>[\s\S]*?)^```/gm;

interface Expected {
  readonly spans: readonly Record<string, unknown>[];
  /** Lost requests by reason; default none. */
  readonly lost?: Record<string, number>;
  /** Other counters. */
  readonly counters?: Record<string, number>;
  readonly verdicts?: readonly string[];
}

/** Undefined cannot be written in JSON: null stands for it. */
function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? undefined]));
}

const files = ['http1', 'http2'].flatMap((folder) =>
  readdirSync(new URL(folder, CASES)).map((name) => `${folder}/${name}`),
);

for (const file of files.filter((name) => name.endsWith('.md'))) {
  describe(`test/cases/${file}`, () => {
    const text = readFileSync(new URL(file, CASES), 'utf8');
    const cases = [...text.matchAll(CASE)];
    it('has a case under each of its headings', () => {
      expect(cases.map(({ groups }) => groups?.['title'])).toEqual(
        [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title),
      );
    });
    it.each(cases.map(({ groups }) => [groups?.['title'] ?? '', groups ?? {}] as const))('%s', (_title, groups) => {
      const harness = new InterpreterHarness({ probe: () => undefined });
      const expected = JSON.parse(groups['expected'] ?? '') as Expected;
      for (const { records, waitMs } of readScript(groups['options'] ?? '', groups['script'] ?? '')) {
        harness.batch(records);
        if (waitMs > 0) harness.pass(waitMs);
      }
      harness.pass(300);
      expect(harness.spans).toMatchObject(expected.spans.map(withoutNulls));
      expect(harness.lost()).toEqual(expected.lost ?? {});
      expect(harness.interpreter.stats()).toMatchObject(expected.counters ?? {});
      expect(harness.verdicts.map(([, verdict]) => verdict)).toEqual(expected.verdicts ?? []);
    });
    it.each(cases.map(({ groups }) => [groups?.['title'] ?? '', groups ?? {}] as const))(
      '%s: the same from a recording',
      async (_title, groups) => {
        const steps = readScript(groups['options'] ?? '', groups['script'] ?? '');
        const idle = (ms: number): Uint8Array[][] => new Array<Uint8Array[]>(Math.ceil(ms / 10)).fill([]);
        const live = batchesOf([...steps.flatMap(({ records, waitMs }) => [records, ...idle(waitMs)]), ...idle(300)]);
        await expectSameReplay(live, []);
      },
    );
  });
}

// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SegmentClassifier } from '../../packages/core/src/decorators/segment-classifier.ts';
import * as features from '../../packages/core/src/decorators/segment-features.ts';
import { SEGMENT_MODEL } from '../../packages/core/src/decorators/segment-model.gen.ts';
import { shapeOf } from '../../packages/core/src/decorators/segment-rules.ts';
import { renderModel, trainRouteClassifier } from '../../scripts/lib/route-training.mjs';
import { HELD_OUT_APIS, type LabelledSegment, labelledSegments, TRAINING_APIS } from '../routes/labelled-segments.mjs';

const MODEL_FILE = new URL('../../packages/core/src/decorators/segment-model.gen.ts', import.meta.url);

/** Answers of the classifier about some segments. */
class Score {
  hits = 0;
  misses = 0;
  falseAlarms = 0;
  rightWords = 0;
  readonly wrong: string[] = [];

  add({ text, isIdentifier }: LabelledSegment, answer: boolean): void {
    if (answer !== isIdentifier) this.wrong.push(text);
    if (isIdentifier && answer) this.hits += 1;
    else if (isIdentifier) this.misses += 1;
    else if (answer) this.falseAlarms += 1;
    else this.rightWords += 1;
  }

  get precision(): number {
    return this.hits / (this.hits + this.falseAlarms);
  }

  get recall(): number {
    return this.hits / (this.hits + this.misses);
  }

  get falseAlarmRate(): number {
    return this.falseAlarms / (this.falseAlarms + this.rightWords);
  }
}

describe('the route classifier', () => {
  const classifier = new SegmentClassifier(SEGMENT_MODEL);
  const overall = new Score();
  const withoutNumbers = new Score();
  const perApi = new Map<string, Score>();
  const perKind = new Map<string, Score>();
  const wordLike = new Score();

  beforeAll(() => {
    for (const segment of labelledSegments(HELD_OUT_APIS)) {
      const answer = classifier.isIdentifier(segment.text);
      if (segment.isWordLike) {
        wordLike.add(segment, answer);
        continue;
      }
      overall.add(segment, answer);
      if (!/^\d+$/.test(segment.text)) withoutNumbers.add(segment, answer);
      scoreOf(perApi, segment.api).add(segment, answer);
      scoreOf(perKind, segment.kind).add(segment, answer);
    }
    const totals = [
      ['all', overall],
      ['all but plain numbers', withoutNumbers],
    ] as const;
    console.log(report([...perApi, ...totals], perKind, wordLike));
  });

  it('has a data set of at least 3,000 segments of at least five APIs, half of the APIs held out', () => {
    expect(labelledSegments([...TRAINING_APIS, ...HELD_OUT_APIS]).length).toBeGreaterThanOrEqual(3000);
    expect(TRAINING_APIS.length).toBe(HELD_OUT_APIS.length);
    expect(HELD_OUT_APIS.length).toBeGreaterThanOrEqual(5);
    expect(TRAINING_APIS.filter((api) => HELD_OUT_APIS.includes(api))).toEqual([]);
  });

  it('finds identifiers of APIs it has never seen with precision and recall of at least 0.97', () => {
    expect(overall.precision).toBeGreaterThanOrEqual(0.97);
    expect(overall.recall).toBeGreaterThanOrEqual(0.97);
  });

  it('is as good without plain numbers, which are easy', () => {
    expect(withoutNumbers.precision).toBeGreaterThanOrEqual(0.97);
    expect(withoutNumbers.recall).toBeGreaterThanOrEqual(0.97);
  });

  it('takes at most 3 of 100 words of those APIs for identifiers', () => {
    expect(overall.falseAlarmRate).toBeLessThanOrEqual(0.03);
  });

  it('is what its script trains from the word list, and less than 40 kB', () => {
    const committed = readFileSync(MODEL_FILE, 'utf8');
    expect(renderModel(trainRouteClassifier({ ...features, shapeOf })) === committed).toBe(true);
    expect(committed.length).toBeLessThan(40_000);
  }, 60_000);
});

function scoreOf(scores: Map<string, Score>, key: string): Score {
  const score = scores.get(key) ?? new Score();
  scores.set(key, score);
  return score;
}

function report(
  perApi: readonly (readonly [string, Score])[],
  perKind: ReadonlyMap<string, Score>,
  wordLike: Score,
): string {
  const lines = ['Held-out APIs           identifiers  words  precision  recall  words taken for identifiers'];
  for (const [api, score] of perApi) {
    const { hits, misses, falseAlarms, rightWords } = score;
    lines.push(
      `  ${api.padEnd(21)} ${pad(hits + misses, 11)} ${pad(falseAlarms + rightWords, 6)} ${fixed(score.precision, 10)} ${fixed(score.recall, 7)}  ${pad(falseAlarms, 2)}`,
    );
  }
  lines.push('Kinds of identifiers        found       missed');
  for (const [kind, { hits, misses, wrong }] of [...perKind].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (kind === 'literal') continue;
    lines.push(`  ${kind.padEnd(18)} ${pad(hits, 7)} of ${pad(hits + misses, 4)}  ${wrong.slice(0, 4).join(' ')}`);
  }
  lines.push(`Words taken for identifiers: ${perKind.get('literal')?.wrong.join(' ') ?? ''}`);
  lines.push(
    `Not counted above: ${wordLike.misses} of ${wordLike.hits + wordLike.misses} parameters that are plain words (names, titles) are left to the trie.`,
  );
  return lines.join('\n');
}

function pad(value: number, width: number): string {
  return String(value).padStart(width);
}

function fixed(value: number, width: number): string {
  return (Number.isNaN(value) ? '-' : value.toFixed(4)).padStart(width);
}

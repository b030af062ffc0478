// @ts-check
import { readFileSync } from 'node:fs';
import { Random } from '../fuzz/random.mjs';
import { KINDS, WORD_LIKE_KINDS } from './generated-ids.mjs';

/**
 * One segment of a path of a public API, and what its template says of it. `kind` is `literal` or the placeholder's.
 *
 * @typedef {{ api: string, kind: string, text: string, isIdentifier: boolean, isWordLike: boolean }} LabelledSegment
 */

const SEED = 20_260_102;
/** Values made for each placeholder of each template. */
const SAMPLES = 6;

/** @type {Record<string, string[]>} */
const templates = JSON.parse(readFileSync(new URL('./templates.json', import.meta.url), 'utf8'));

const names = Object.keys(templates).sort();

/** Every second API in the order of the alphabet may be trained on. */
export const TRAINING_APIS = Object.freeze(names.filter((_, index) => index % 2 === 0));
/** The others are looked at by the accuracy test only. */
export const HELD_OUT_APIS = Object.freeze(names.filter((_, index) => index % 2 === 1));

/**
 * The distinct segments of these APIs, with values for the placeholders. Each API has a seed of its own.
 *
 * @param {readonly string[]} apis
 * @returns {LabelledSegment[]}
 */
export function labelledSegments(apis) {
  return apis.flatMap((api) => {
    const random = new Random(SEED + names.indexOf(api));
    /** @type {Map<string, LabelledSegment>} */
    const found = new Map();
    for (const template of templates[api] ?? []) {
      for (const part of template.split('/').filter((text) => text !== '')) {
        for (const segment of expand(api, part, random)) {
          if (!found.has(segment.text)) found.set(segment.text, segment);
        }
      }
    }
    return [...found.values()];
  });
}

/** @param {string} api @param {string} part @param {Random} random @returns {LabelledSegment[]} */
function expand(api, part, random) {
  const kind = /\{(\w+)\}/.exec(part)?.[1];
  if (kind === undefined) return [{ api, kind: 'literal', text: part, isIdentifier: false, isWordLike: false }];
  const make = KINDS[kind];
  if (make === undefined) throw new Error(`no such kind of placeholder: ${kind}`);
  return Array.from({ length: SAMPLES }, () => ({
    api,
    kind,
    text: part.replace(`{${kind}}`, make(random)),
    isIdentifier: true,
    isWordLike: WORD_LIKE_KINDS.includes(kind),
  }));
}

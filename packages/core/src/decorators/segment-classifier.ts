import { describeSegment, FEATURE_COUNT, MAX_SEGMENT_LENGTH } from './segment-features.ts';
import { shapeOf } from './segment-rules.ts';

/** What `scripts/train-route-classifier.mjs` makes. */
export interface SegmentModel {
  /** One weight for each feature; a positive sum means identifier. */
  readonly weights: readonly number[];
  /** One character for each three symbols, see `describeSegment`: its code less 48 is a level. */
  readonly letters: string;
  readonly lowest: number;
  readonly step: number;
  /** Technical words that look like nothing in any language, in lower case. */
  readonly abbreviations: string;
}

/**
 * Tells identifiers (numbers, UUIDs, hashes, random text, slugs with an id) from words, one segment of a path at a time.
 *
 * A word that names something (`/users/maria`) is a word: no segment by itself says that it is a parameter.
 */
export class SegmentClassifier {
  readonly #weights: Float64Array;
  readonly #letters: Float32Array;
  readonly #abbreviations: ReadonlySet<string>;
  readonly #features = new Float64Array(FEATURE_COUNT);

  constructor(model: SegmentModel) {
    this.#weights = Float64Array.from(model.weights);
    this.#letters = Float32Array.from(
      model.letters,
      (char) => model.lowest + (char.charCodeAt(0) - FIRST_LEVEL) * model.step,
    );
    this.#abbreviations = new Set(model.abbreviations.split(' '));
  }

  /** `segment` as in the path: percent-encoding is undone. */
  isIdentifier(segment: string): boolean {
    const text = decoded(segment);
    const shape = shapeOf(text);
    if (shape !== undefined) return shape;
    if (!this.#looksRandom(text)) return false;
    const rest = this.#withoutAbbreviations(text);
    if (rest === text) return true;
    return rest !== '' && (shapeOf(rest) ?? this.#looksRandom(rest));
  }

  #looksRandom(text: string): boolean {
    const features = this.#features;
    const weights = this.#weights;
    describeSegment(text, this.#letters, features);
    let score = 0;
    for (let i = 0; i < FEATURE_COUNT; i += 1) score += (weights[i] as number) * (features[i] as number);
    return score > 0;
  }

  /** `rbac.k8s.io` is judged by what is not known of it. */
  #withoutAbbreviations(text: string): string {
    if (text.length > MAX_SEGMENT_LENGTH / 2 && !SEPARATOR.test(text)) return text;
    const parts = text.split(SEPARATOR);
    const unknown = parts.filter((part) => shapeOf(part) !== false && !this.#abbreviations.has(part.toLowerCase()));
    return unknown.length === parts.length ? text : unknown.join('-');
  }
}

const FIRST_LEVEL = 48;
const SEPARATOR = /[-_.:]/;

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

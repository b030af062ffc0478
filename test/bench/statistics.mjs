// @ts-check
const RESAMPLES = 2000;
const CONFIDENCE = 0.95;

/** @typedef {{ median: number, low: number, high: number }} Estimate a median and its confidence interval */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

/**
 * The median with its 95 % interval by bootstrap: of samples drawn from the sample, most medians lie in it. Draws are the same in
 * every run.
 *
 * @param {readonly number[]} values @returns {Estimate}
 */
export function estimate(values) {
  const random = drawing();
  return interval(median(values), () => median(resample(values, random)));
}

/**
 * By how much the median of `values` is above that of `reference`, with its 95 % interval.
 *
 * @param {readonly number[]} values @param {readonly number[]} reference @returns {Estimate}
 */
export function estimateDifference(values, reference) {
  const random = drawing();
  return interval(
    median(values) - median(reference),
    () => median(resample(values, random)) - median(resample(reference, random)),
  );
}

/** @param {number} middle @param {() => number} draw @returns {Estimate} */
function interval(middle, draw) {
  const drawn = Array.from({ length: RESAMPLES }, draw).sort((a, b) => a - b);
  const tail = Math.floor((RESAMPLES * (1 - CONFIDENCE)) / 2);
  return { median: middle, low: drawn[tail] ?? Number.NaN, high: drawn[RESAMPLES - 1 - tail] ?? Number.NaN };
}

/** @param {readonly number[]} values @param {() => number} random */
function resample(values, random) {
  return values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN);
}

/** Numbers from 0 to 1, always the same ones: mulberry32. */
function drawing() {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

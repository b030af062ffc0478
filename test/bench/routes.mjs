// @ts-check
// What a route costs: patterns, the heuristic and the trie, for paths that come again and for paths that never do.
//
//   npm run bench -- routes
//
// Runs in one process on one core; the best of several rounds counts.

import { Random } from '../fuzz/random.mjs';
import { loadCore } from '../support/core-dist.mjs';

const core = await loadCore();
const { RouteDecorator } = await core('decorators/route-decorator.js');
const { SegmentClassifier } = await core('decorators/segment-classifier.js');
const { SEGMENT_MODEL } = await core('decorators/segment-model.gen.js');
const { aSpan } = await core('testing/span.js');

const ROUNDS = 100;
/** As many as a batch of the pipeline has: they fit into the cache of the processor. */
const SPANS = 500;
const random = new Random(20_260_103);
const TEMPLATES = [
  '/api/v1/users/#',
  '/api/v1/users/#/orders/#',
  '/shop/products/#/reviews',
  '/api/v1/search',
  '/health/ready',
];

/** @param {number} length */
function hexadecimal(length) {
  return Array.from({ length }, () => random.below(16).toString(16)).join('');
}

/** @param {number} ids How many different ones there are. */
function paths(ids) {
  const known = Array.from({ length: ids }, () => (random.oneIn(2) ? String(random.next()) : hexadecimal(24)));
  return Array.from({ length: SPANS }, () => random.pick(TEMPLATES).replaceAll('#', random.pick(known)));
}

/**
 * Nanoseconds for each of `count` things that `work` does.
 *
 * @template T
 * @param {number} count
 * @param {{ prepare: () => T, run: (input: T) => void }} work
 */
function nanoseconds(count, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const input = work.prepare();
    const start = process.hrtime.bigint();
    work.run(input);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / count);
  }
  return best;
}

/** @param {object} options @param {() => string[]} makePaths */
function decorating(options, makePaths) {
  const decorator = new RouteDecorator(options);
  return nanoseconds(SPANS, {
    // As the parser makes them: a string of its own for each span.
    prepare: () => makePaths().map((path) => aSpan({ path: Buffer.from(path).toString('latin1') })),
    run: (spans) => decorator.process(spans),
  });
}

const classifier = new SegmentClassifier(SEGMENT_MODEL);
const segments = [
  'users',
  'orders',
  '8412',
  'da39a3ee5e6b4b0d3255bfef',
  'required_status_checks',
  'cus_NffrFeUfNV2Hib',
  'getUserById',
];
const few = paths(200);
const patterns = [
  '/api/v1/users/:id',
  '/api/v1/users/:id/orders/:order',
  '/shop/products/:id/reviews',
  '/api/v1/search',
  '/health/*',
];

/** @type {[string, number][]} */
const rows = [
  ['patterns', decorating({ patterns }, () => few)],
  ['wildcard', decorating({}, () => few)],
  ['heuristic, 200 ids', decorating({ unmatched: 'heuristic' }, () => few)],
  ['heuristic, every id new', decorating({ unmatched: 'heuristic' }, () => paths(SPANS * 2))],
  ['low-cardinality, 200 ids', decorating({ unmatched: 'low-cardinality' }, () => few)],
  ['low-cardinality, every id new', decorating({ unmatched: 'low-cardinality' }, () => paths(SPANS * 2))],
  [
    'one segment, nothing remembered',
    nanoseconds(SPANS * segments.length, {
      prepare: () => segments,
      run: (texts) => {
        for (let i = 0; i < SPANS; i += 1) for (const text of texts) classifier.isIdentifier(text);
      },
    }),
  ],
];
console.log('| route | ns |\n| --- | ---: |');
for (const [name, ns] of rows) console.log(`| ${name} | ${Math.round(ns)} |`);

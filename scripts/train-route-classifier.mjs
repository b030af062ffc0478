// SPDX-License-Identifier: Apache-2.0
// @ts-check
/**
 * Writes packages/core/src/decorators/segment-model.gen.ts, which tells identifiers from words in paths: letter statistics of words of
 * twelve languages, and the weights of a logistic regression. See docs/routes.md. `--check` writes nothing and fails when the file differs.
 *
 *     node scripts/train-route-classifier.mjs [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadCore } from '../test/support/core-dist.mjs';
import { renderModel, trainRouteClassifier } from './lib/route-training.mjs';

const output = fileURLToPath(new URL('../packages/core/src/decorators/segment-model.gen.ts', import.meta.url));
const load = await loadCore();
const core = { ...(await load('decorators/segment-features.js')), ...(await load('decorators/segment-rules.js')) };
const generated = renderModel(trainRouteClassifier(core));

if (!process.argv.includes('--check')) writeFileSync(output, generated);
else if (readFileSync(output, 'utf8') !== generated) {
  console.error(`${output} differs from what is trained now. Run: node scripts/train-route-classifier.mjs`);
  process.exit(1);
}

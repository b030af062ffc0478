// SPDX-License-Identifier: Apache-2.0
/**
 * Writes what is made of the configuration's schema: config-values.gen.ts, config.schema.json, docs/configuration.md.
 *
 *     npm run generate
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderDocs, renderJsonSchema, renderTypes } from './lib/config-render.mjs';

// The sources, not the build: code that uses a new key cannot be built before its type is written.
register('./lib/typescript-hooks.mjs', import.meta.url);
const { SCHEMA } = await import('../packages/core/src/config/schema/schema.ts');
const { leavesOf } = await import('../packages/core/src/config/schema-paths.ts');

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const jsonSchema = 'packages/core/config.schema.json';
write('packages/core/src/config/config-values.gen.ts', renderTypes(SCHEMA));
write(jsonSchema, renderJsonSchema(SCHEMA));
write('docs/configuration.md', renderDocs(SCHEMA, leavesOf));

// The formatter has its own idea of where a list breaks.
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
const formatted = spawnSync(process.execPath, [biome, 'format', '--write', jsonSchema], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = formatted.status ?? 1;

/** @param {string} path @param {string} text */
function write(path, text) {
  writeFileSync(join(root, path), text);
  console.log(`  written     ${path}`);
}

// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SCHEMA } from '../../packages/core/src/config/schema/schema.ts';
import { leavesOf } from '../../packages/core/src/config/schema-paths.ts';
import { renderDocs, renderJsonSchema, renderTypes } from '../../scripts/lib/config-render.mjs';

function committed(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

it('what `npm run generate` makes of the schema of the configuration is up to date', () => {
  expect(committed('packages/core/src/config/config-values.gen.ts')).toBe(renderTypes(SCHEMA));
  expect(JSON.parse(committed('packages/core/config.schema.json'))).toEqual(JSON.parse(renderJsonSchema(SCHEMA)));
  expect(committed('docs/configuration.md')).toBe(renderDocs(SCHEMA, leavesOf));
});

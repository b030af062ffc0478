// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { document } from '../matrix/document.mjs';
import { allRows } from '../matrix/rows.mjs';

it('docs/support-matrix.md has the rows and the reasons that the matrix test has', async () => {
  const page = readFileSync(new URL('../../docs/support-matrix.md', import.meta.url), 'utf8');
  expect(page).toBe(document(await allRows()));
});

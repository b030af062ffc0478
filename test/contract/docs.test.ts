// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it.each([
  ['docs/drops.md and docs/errors.md have every counter and every error code that the code has', 'generate-docs.mjs'],
  ['examples/grafana/red-dashboard.json is what its definition says', 'generate-dashboard.mjs'],
])('%s', (_, name) => {
  const script = fileURLToPath(new URL(`../../scripts/${name}`, import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

// @ts-check
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = join(root, 'packages/core/src');
const built = process.env['BEYLA_CORE_DIST'] ?? join(root, 'packages/core/dist');

function isStale() {
  const stamp = join(built, 'interpreter.js');
  if (!existsSync(stamp)) return true;
  const builtMs = statSync(stamp).mtimeMs;
  return readdirSync(sources, { recursive: true, encoding: 'utf8' }).some(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && statSync(join(sources, name)).mtimeMs > builtMs,
  );
}

/**
 * Imports modules of the compiled core, by their path in its `src`, also those it does not export. Compiles it first where that is needed,
 * unless BEYLA_CORE_DIST names a build.
 *
 * @returns {Promise<(path: string) => Promise<any>>}
 */
export async function loadCore() {
  if (process.env['BEYLA_CORE_DIST'] === undefined && isStale()) {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'packages/core'], {
      cwd: root,
      stdio: 'inherit',
    });
  }
  return (path) => import(pathToFileURL(join(built, path)).href);
}

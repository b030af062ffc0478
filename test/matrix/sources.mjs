// @ts-check
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every file of a program's folder as text: what its build depends on. @param {string} folder @returns {string[]} */
export function sourcesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(folder.length)}\n${readFileSync(path, 'utf8')}`);
}

/** Builds happen on a copy, so that nothing appears in the clone. @param {string} from @param {string} to */
export function copySources(from, to) {
  cpSync(from, to, { recursive: true });
}

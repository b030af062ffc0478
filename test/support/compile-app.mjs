// @ts-check
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const APPS = fileURLToPath(new URL('../apps/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));
const COMPILERS = ['cc', 'gcc', 'clang', 'clang-19'];
/** @type {Map<string, Promise<string>>} */
const underway = new Map();

/**
 * Compiles a C program of test/apps and resolves with the binary; made again only when its source changes. Those who ask meanwhile wait
 * for the same compiler: what is being written cannot be executed.
 *
 * @param {string} name `truth-client.c`
 * @param {readonly string[]} [flags]
 * @returns {Promise<string>}
 */
export function compileApp(name, flags = []) {
  const key = [name, ...flags].join(' ');
  const compiling = underway.get(key) ?? compile(name, flags);
  underway.set(key, compiling);
  return compiling;
}

/** @param {string} name @param {readonly string[]} flags */
async function compile(name, flags) {
  const source = join(APPS, name);
  const version = createHash('sha256').update(readFileSync(source)).update(flags.join(' ')).digest('hex').slice(0, 12);
  const binary = join(CACHE, `${basename(name, '.c')}-${version}`);
  if (existsSync(binary)) return binary;
  mkdirSync(CACHE, { recursive: true });
  const compiler = COMPILERS.find((candidate) => existsSync(join('/usr/bin', candidate)));
  if (compiler === undefined) throw new Error(`no C compiler for ${source}: install gcc or clang`);
  const made = `${binary}.${process.pid}`;
  await promisify(execFile)(compiler, ['-O2', '-Wall', '-Wextra', ...flags, '-o', made, source]);
  renameSync(made, binary);
  return binary;
}

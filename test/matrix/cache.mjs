// @ts-check
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const { XDG_CACHE_HOME } = process.env;
const FOLDER = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'beyla-matrix');
const OUTPUT_BYTES_MAX = 64 << 20;

/** A row cannot run here, and why. */
export class Unavailable extends Error {}

/** @type {Map<string, Promise<string>>} */
const making = new Map();

/**
 * A folder that `make` fills once for these inputs, kept between runs; whoever asks meanwhile waits for the same.
 *
 * @param {string} name
 * @param {readonly string[]} inputs all that `make` depends on
 * @param {(folder: string) => Promise<unknown>} make
 * @returns {Promise<string>}
 */
export function cached(name, inputs, make) {
  const hash = createHash('sha256')
    .update(JSON.stringify([process.arch, ...inputs]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(FOLDER, `${name}-${hash}`);
  let made = making.get(folder);
  if (made === undefined) {
    made = fill(folder, make);
    making.set(folder, made);
  }
  return made;
}

/** @param {string} folder @param {(folder: string) => Promise<unknown>} make */
async function fill(folder, make) {
  const done = join(folder, '.done');
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await make(folder);
  writeFileSync(done, '');
  return folder;
}

/**
 * Runs a tool to its end; rejects with the last lines it said.
 *
 * @param {string} command @param {readonly string[]} args @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>} its standard output
 */
export function tool(command, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: OUTPUT_BYTES_MAX };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = `${stdout}${stderr}`.trim().split('\n').slice(-8).join('\n');
      reject(new Unavailable(`${command} ${args.slice(0, 3).join(' ')} failed: ${said || error.message}`));
    });
  });
}

/** node_modules with these exact versions. @param {string} name @param {Readonly<Record<string, string>>} dependencies */
export function npmModules(name, dependencies) {
  return cached(name, [JSON.stringify(dependencies)], async (folder) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    await tool('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  });
}

/** A virtual environment of Debian's Python with these requirements; resolves with its `bin/python3`. @param {string} name @param {readonly string[]} requirements */
export async function pythonWith(name, requirements) {
  const folder = await cached(name, requirements, async (at) => {
    await tool('/usr/bin/python3', ['-m', 'venv', at]);
    await tool(join(at, 'bin/pip'), ['install', '-q', '--disable-pip-version-check', ...requirements]);
  });
  return join(folder, 'bin/python3');
}

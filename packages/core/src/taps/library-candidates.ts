import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ProcFs } from '../processes/procfs.ts';

/** Sonames of OpenSSL's libssl, newest first. */
const NAMES = ['libssl.so.3', 'libssl.so.1.1', 'libssl.so.1.0.2', 'libssl.so.1.0.0', 'libssl.so.10', 'libssl.so'];
/** Where dynamic loaders look by themselves, of Debian, Fedora, Alpine and their like. */
const DEFAULTS = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'];
const LOCAL = ['/usr/local/lib64', '/usr/local/lib'];
const LIBRARY_PATH = 'LD_LIBRARY_PATH=';
const LONGEST_ENVIRONMENT = 256 * 1024;
const MOST_DIRECTORIES = 32;
const MOST_CANDIDATES = 4;

/**
 * Paths, from here, of the OpenSSL libraries that a process would find if it loaded one now: beside the files it has mapped, in its
 * `LD_LIBRARY_PATH`, and where loaders look by themselves. Only for processes that are selected: it reads their environment.
 */
export function libraryCandidates(proc: ProcFs, pid: number, mapped: readonly { readonly path: string }[]): string[] {
  const directories = new Set([...libraryPath(proc, pid), ...mapped.map(({ path }) => dirname(path))]);
  const searched = new Set([...[...directories].slice(0, MOST_DIRECTORIES), ...DEFAULTS, ...LOCAL]);
  const found = new Map<string, string>();
  for (const directory of searched) {
    for (const name of NAMES) {
      const path = `${proc.root}/${proc.directory(pid)}/root${directory}/${name}`;
      const file = regularFile(path);
      if (file !== undefined && !found.has(file)) found.set(file, path);
      if (found.size === MOST_CANDIDATES) return [...found.values()];
    }
  }
  return [...found.values()];
}

function libraryPath(proc: ProcFs, pid: number): string[] {
  const variables = (proc.read(`${proc.directory(pid)}/environ`, LONGEST_ENVIRONMENT) ?? '').split('\0');
  const variable = variables.find((one) => one.startsWith(LIBRARY_PATH)) ?? LIBRARY_PATH;
  return variable
    .slice(LIBRARY_PATH.length)
    .split(/[:;]/)
    .filter((directory) => directory.startsWith('/'));
}

/** Device and inode. What is no regular file must not even be opened. */
function regularFile(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}

import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ProcessRoot } from '../processes/process-root.ts';
import type { ProcFs } from '../processes/procfs.ts';
import { identify, type OpenedFile } from './open-mapped-file.ts';

/** A library that a process may load. */
export interface Candidate extends OpenedFile {
  /** As the process has it. */
  readonly path: string;
}

/** Sonames of OpenSSL's libssl, newest first. */
const NAMES = ['libssl.so.3', 'libssl.so.1.1', 'libssl.so.1.0.2', 'libssl.so.1.0.0', 'libssl.so.10', 'libssl.so'];
/** Where dynamic loaders look by themselves, of Debian, Fedora, Alpine and their like. */
const DEFAULTS = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'];
const LOCAL = ['/usr/local/lib64', '/usr/local/lib'];
const LIBRARY_PATH = 'LD_LIBRARY_PATH=';
const LONGEST_ENVIRONMENT = 256 * 1024;
const MOST_DIRECTORIES = 32;
const LONGEST_DIRECTORY = 4096;
const MOST_CANDIDATES = 4;

/**
 * Opens the OpenSSL libraries that a process would find if it loaded one now: beside the files it has mapped, in its `LD_LIBRARY_PATH`, and where
 * loaders look by themselves. Only for processes that are selected: it reads their environment. The caller closes them.
 */
export function openCandidates(proc: ProcFs, pid: number, mapped: readonly { readonly path: string }[]): Candidate[] {
  const root = ProcessRoot.open(proc, pid);
  if (root === undefined) return [];
  const directories = new Set([...libraryPath(proc, pid), ...mapped.map(({ path }) => dirname(path))]);
  const searched = new Set([...[...directories].slice(0, MOST_DIRECTORIES), ...DEFAULTS, ...LOCAL]);
  const found = new Map<string, Candidate>();
  try {
    for (const directory of searched) {
      for (const name of root.namesIn(directory, NAMES)) {
        const path = `${directory}/${name}`;
        const descriptor = root.open(path);
        const identity = descriptor === undefined ? undefined : identify(descriptor);
        if (descriptor === undefined) continue;
        if (identity === undefined || found.has(identity)) closeSync(descriptor);
        else found.set(identity, { path, descriptor, identity });
        if (found.size === MOST_CANDIDATES) return [...found.values()];
      }
    }
    return [...found.values()];
  } finally {
    root.close();
  }
}

function libraryPath(proc: ProcFs, pid: number): string[] {
  const variables = (proc.read(`${proc.directory(pid)}/environ`, LONGEST_ENVIRONMENT) ?? '').split('\0');
  const variable = variables.find((one) => one.startsWith(LIBRARY_PATH)) ?? LIBRARY_PATH;
  return variable
    .slice(LIBRARY_PATH.length)
    .split(/[:;]/, MOST_DIRECTORIES)
    .filter((directory) => directory.startsWith('/') && directory.length <= LONGEST_DIRECTORY);
}

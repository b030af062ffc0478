// @ts-check
import { execFileSync } from 'node:child_process';

/** The newest glibc whose symbols a shared object asks for, e.g. `2.28`. @param {string} path */
export function glibcFloor(path) {
  const symbols = execFileSync('objdump', ['-T', path], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const minors = [...symbols.matchAll(/\(GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  if (minors.length === 0) throw new Error(`${path} asks for no glibc symbol at all: objdump was not understood`);
  return `2.${Math.max(...minors)}`;
}

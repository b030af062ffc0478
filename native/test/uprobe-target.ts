// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where libc's getppid() lies in its file: what `process.ppid` calls, on any thread, and nothing else in Node does. */
export function getppidInLibc(): { path: string; offset: number } {
  const path = /\S*\/libc\.so\.6$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0];
  if (path === undefined) throw new Error('this Node is not linked with glibc');
  const readelf = (what: string): string => execFileSync('readelf', [what, '-W', path], { encoding: 'utf8' });
  const symbol = / ([0-9a-f]{16})\s.*\sgetppid@@/.exec(readelf('--dyn-syms'))?.[1];
  if (symbol === undefined) throw new Error(`no getppid in ${path}`);
  const address = Number.parseInt(symbol, 16);
  for (const [, offset, from, size] of readelf('--segments').matchAll(/LOAD\s+0x(\w+) 0x(\w+) 0x\w+ 0x(\w+) /g)) {
    const start = Number.parseInt(from ?? '', 16);
    if (address >= start && address < start + Number.parseInt(size ?? '', 16)) {
      return { path, offset: address - start + Number.parseInt(offset ?? '', 16) };
    }
  }
  throw new Error(`getppid of ${path} lies in no segment`);
}

// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const addon = fileURLToPath(new URL('../../native/build/Release/beyla_native.node', import.meta.url));
const declarations = fileURLToPath(new URL('../../native/index.d.ts', import.meta.url));
const objdump = (...options: string[]): string =>
  execFileSync('objdump', [...options, addon], { encoding: 'utf8', maxBuffer: 1 << 26 });

/** What a Node that runs at all brings along. */
const ALWAYS_THERE = /^(libc|libm|libstdc\+\+|libgcc_s|libpthread|libdl|ld-linux-[\w-]+)\.so\.\d+$/;

describe('the addon', () => {
  it('needs no library that Node itself does not need', () => {
    const needed = [...objdump('-p').matchAll(/NEEDED\s+(\S+)/g)].map((match) => match[1]);
    expect(needed).toContain('libc.so.6');
    expect(needed.filter((name) => !ALWAYS_THERE.test(name ?? ''))).toEqual([]);
  });

  it('needs no glibc newer than 2.28, like Node 20 itself', ({ skip }) => {
    const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime: string } };
    const here = Number(header.glibcVersionRuntime.split('.')[1]);
    skip(here > 36, `built with glibc 2.${here}: releases are built on Debian 12, which has 2.36`);
    const minors = [...objdump('-T').matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
    expect(minors.length).toBeGreaterThan(0);
    expect(Math.max(...minors)).toBeLessThanOrEqual(28);
  });

  it('exports its two entry points and takes nothing but Node-API and libuv from the process', () => {
    const symbols = objdump('-T').split('\n');
    const nameOf = (line: string): string => line.trim().split(/\s+/).at(-1) ?? '';
    const defined = symbols.filter((line) => / g {4}D/.test(line)).map(nameOf);
    expect(defined.sort()).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
    const unversioned = symbols
      .filter((line) => line.includes('*UND*') && !/\((GLIBC|GLIBCXX|CXXABI|GCC)_/.test(line))
      .map(nameOf)
      .filter((name) => !/^(napi_|uv_|_ITM_|__gmon_start__)/.test(name));
    expect(unversioned).toEqual([]);
  });

  it('has exactly the verbs that index.d.ts declares', async () => {
    const { native } = await import('../../native/test/support.ts');
    const declared = [...readFileSync(declarations, 'utf8').matchAll(/^export function (\w+)/gm)].map(
      (match) => match[1],
    );
    expect(Object.keys(native).sort()).toEqual(declared.sort());
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openCandidates } from '../taps/open-candidates.ts';
import { ProcessRoot } from './process-root.ts';
import { ProcFs } from './procfs.ts';

const isRoot = process.getuid?.() === 0;
const hasCompiler = spawnSync('gcc', ['--version']).status === 0;

let base: string;
let inside: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'beyla-root-'));
  inside = join(base, 'inside');
  mkdirSync(join(base, 'proc/7'), { recursive: true });
  mkdirSync(join(inside, 'lib/deep'), { recursive: true });
  symlinkSync(inside, join(base, 'proc/7/root'));
  writeFileSync(join(base, 'secret'), 'outside');
  writeFileSync(join(inside, 'lib/file'), 'inside');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function contentOf(path: string): string | undefined {
  const root = ProcessRoot.open(new ProcFs(join(base, 'proc')), 7);
  const descriptor = root?.open(path);
  root?.close();
  if (descriptor === undefined) return undefined;
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

describe('ProcessRoot', () => {
  it('opens files beneath the root by any path', () => {
    symlinkSync('/lib', join(inside, 'lib64'));
    symlinkSync('../file', join(inside, 'lib/deep/link'));
    const paths = [
      '/lib/file',
      '//lib/./file',
      '/lib64/file',
      '/lib/deep/../file',
      '/lib64/deep/link',
      '/../../lib/file',
    ];
    expect(paths.map(contentOf)).toEqual(paths.map(() => 'inside'));
  });

  it('is led out by no link', () => {
    symlinkSync(join(base, 'secret'), join(inside, 'absolute'));
    symlinkSync('../../secret', join(inside, 'lib/relative'));
    symlinkSync(base, join(inside, 'folder'));
    symlinkSync('/proc/self/root', join(inside, 'magic'));
    const paths = [
      '/absolute',
      '/lib/relative',
      '/folder/secret',
      `/magic${base}/secret`,
      '/../secret',
      '/lib/../../secret',
    ];
    expect(paths.map(contentOf)).toEqual(paths.map(() => undefined));
  });

  it('ends with links that lead to each other, long paths, and what is no regular file', () => {
    symlinkSync('/b', join(inside, 'a'));
    symlinkSync('/a', join(inside, 'b'));
    symlinkSync('x/x/x/x/x/x/x/x', join(inside, 'x'));
    spawnSync('mkfifo', [join(inside, 'pipe')]);
    const paths = ['/a', '/x', '/pipe', '/lib', '/', '', '/lib/file/x', `${'/lib/..'.repeat(1000)}/lib/file`, '/none'];
    expect(paths.map(contentOf)).toEqual(paths.map(() => undefined));
  });

  it('enters no file system that may not answer', () => {
    const table = (root: string): void =>
      writeFileSync(
        join(base, 'proc/7/mountinfo'),
        `1 0 8:1 / / rw - ${root} a rw\n2 1 0:9 / /lib/deep rw - fuse.x b rw\n`,
      );
    table('ext4');
    writeFileSync(join(inside, 'lib/deep/file'), 'far');
    symlinkSync('/lib/deep/file', join(inside, 'near'));
    expect(['/lib/file', '/lib/deep/file', '/near'].map(contentOf)).toEqual(['inside', undefined, undefined]);
    const namesAt = (mounted: string): readonly string[] => {
      table(`ext4 a rw\n3 1 0:9 / ${mounted} rw - fuse`);
      const root = ProcessRoot.open(new ProcFs(join(base, 'proc')), 7);
      const names = root?.namesIn('/lib', ['file', 'deep', 'none']) ?? [];
      root?.close();
      return names;
    };
    expect([namesAt('/other'), namesAt('/lib/file')]).toEqual([['file'], []]);
    table('nfs');
    expect(contentOf('/lib/file')).toBeUndefined();
  });

  it.runIf(isRoot && hasCompiler && existsSync('/dev/fuse'))(
    'does not wait for a file system that nobody serves, nor is it led out of the root of a container',
    { timeout: 60_000 },
    async () => {
      const program = join(inside, 'wait');
      writeFileSync(`${base}/wait.c`, SOURCE);
      spawnSync('gcc', ['-static', '-o', program, `${base}/wait.c`]);
      mkdirSync(join(inside, 'hung'));
      mkdirSync(join(inside, 'usr/lib'), { recursive: true });
      symlinkSync(join(base, 'secret'), join(inside, 'usr/lib/libssl.so.3'));
      symlinkSync('/lib/file', join(inside, 'usr/lib/libssl.so'));
      symlinkSync('/hung', join(inside, 'usr/lib/hung'));
      const env = { LD_LIBRARY_PATH: '/hung:/usr/lib/hung:/usr/lib' };
      const child = spawn(program, [inside], { env, stdio: ['pipe', 'pipe', 'inherit'] });
      onTestFinished(() => void child.stdin.end());
      const [line] = await once(createInterface(child.stdout), 'line');
      expect(line).toBe('READY');
      const startedMs = performance.now();
      const found = openCandidates(new ProcFs(), child.pid as number, [{ path: '/hung/app' }]);
      for (const { descriptor } of found) closeSync(descriptor);
      expect(found.map(({ path }) => path)).toEqual(['/usr/lib/libssl.so']);
      // Without the look at the mounts it is the time after which the program gives up.
      expect(performance.now() - startedMs).toBeLessThan(5_000);
    },
  );
});

/** Goes into a mount namespace and a root of its own, mounts there what nobody serves, and waits for the end of its input, at most so long. */
const SOURCE = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char options[128], byte;
  alarm(20);
  if (argc < 2 || unshare(CLONE_NEWNS) || mount("none", "/", 0, MS_REC | MS_PRIVATE, 0)) return 1;
  if (mount(argv[1], argv[1], 0, MS_BIND, 0) || chdir(argv[1])) return 2;
  int fuse = open("/dev/fuse", O_RDWR);
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
  if (fuse < 0 || mount("hung", "hung", "fuse", 0, options) || chroot(".")) return 3;
  puts("READY");
  fflush(stdout);
  while (read(0, &byte, 1) > 0) {}
  return 0;
}
`;

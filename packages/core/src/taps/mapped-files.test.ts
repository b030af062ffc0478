import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcFs } from '../processes/procfs.ts';
import { type MappedFiles, readMappedFiles } from './mapped-files.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'beyla-maps-'));
  mkdirSync(join(root, '7'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function read(maps: string): MappedFiles | undefined {
  writeFileSync(join(root, '7', 'maps'), maps);
  return readMappedFiles(new ProcFs(root), 7);
}

describe('readMappedFiles()', () => {
  it('lists each executable file once, without data, anonymous memory and the kernel’s own pages', () => {
    const found = read(`00400000-00600000 r--p 00000000 08:01 10                         /bin/app
00600000-00800000 r-xp 00200000 08:01 10                         /bin/app
00800000-00900000 r-xp 00400000 08:01 10                         /bin/app
7f0000000000-7f0000001000 rw-p 00000000 00:00 0 
7f0000001000-7f0000002000 r-xp 00000000 fe:02 99                 /lib/libssl.so.3
7f0000002000-7f0000003000 rw-p 00001000 fe:02 99                 /lib/libssl.so.3
7f0000003000-7f0000004000 rwxp 00000000 00:00 0                  [heap]
7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0                  [vdso]
`);
    expect(found).toEqual({
      files: [
        { range: '600000-800000', device: '8:1', inode: 10, path: '/bin/app', isDeleted: false },
        { range: '7f0000001000-7f0000002000', device: '254:2', inode: 99, path: '/lib/libssl.so.3', isDeleted: false },
      ],
      isCut: false,
    });
  });

  it('knows names with blanks and line feeds, and files that were deleted', () => {
    const found = read(`1000-2000 r-xp 00000000 08:01 1    /opt/my app/libssl.so
3000-4000 r-xp 00000000 08:01 2    /tmp/a\\012b.so
5000-6000 r-xp 00000000 08:01 3    /tmp/gone.so (deleted)
`);
    expect(found?.files.map(({ path, isDeleted }) => [path, isDeleted])).toEqual([
      ['/opt/my app/libssl.so', false],
      ['/tmp/a\nb.so', false],
      ['/tmp/gone.so', true],
    ]);
  });

  it('stops at 1024 files and at 4 MiB, and says so', () => {
    const line = (index: number): string => `1000-2000 r-xp 00000000 08:01 ${index} /lib/${index}.so\n`;
    const many = read(Array.from({ length: 5000 }, (_, index) => line(index + 1)).join(''));
    expect(many).toMatchObject({ isCut: true });
    expect(many?.files).toHaveLength(1024);
    expect(read(line(1).repeat(200_000))).toMatchObject({ isCut: true, files: [{ inode: 1 }] });
  });

  it('has no answer for a process that is gone', () => {
    expect(readMappedFiles(new ProcFs(root), 8)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('finds the program that runs this test among the files of its process', () => {
    const files = readMappedFiles(new ProcFs(), process.pid)?.files ?? [];
    expect(files.map(({ path }) => path)).toContain(process.execPath);
    const maps = readFileSync('/proc/self/maps', 'latin1');
    for (const { range } of files) expect(maps).toMatch(new RegExp(`^0*${range.replace('-', '-0*')} `, 'm'));
  });
});

import { closeSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcFs } from '../processes/procfs.ts';
import type { MappedFile } from './mapped-files.ts';
import { openMappedFile } from './open-mapped-file.ts';

let base: string;
let file: MappedFile;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'beyla-mapped-'));
  mkdirSync(join(base, 'proc/7/map_files'), { recursive: true });
  mkdirSync(join(base, 'inside/lib'), { recursive: true });
  symlinkSync(join(base, 'inside'), join(base, 'proc/7/root'));
  writeFileSync(join(base, 'inside/lib/a.so'), 'a');
  const inode = statSync(join(base, 'inside/lib/a.so')).ino;
  file = { range: '1000-2000', device: '8:1', inode, path: '/lib/a.so', isDeleted: false };
});
afterEach(() => rmSync(base, { recursive: true }));

function open(mapped: MappedFile): string {
  const opened = openMappedFile(new ProcFs(join(base, 'proc')), 7, mapped);
  if ('cause' in opened) return opened.cause;
  closeSync(opened.descriptor);
  return 'opened';
}

function mount(device: string, type: string): void {
  const table = `1 0 8:9 / / rw - ext4 a rw\n2 1 ${device} / /mnt rw - ${type} b rw\n`;
  writeFileSync(join(base, 'proc/7/mountinfo'), table);
}

describe('openMappedFile()', () => {
  it('opens the mapping, else the path beneath the root of the process, if it leads to the same file', () => {
    expect(open(file)).toBe('opened');
    expect(open({ ...file, inode: 1 })).toBe('it cannot be opened');
    symlinkSync(join(base, 'inside/lib/a.so'), join(base, 'proc/7/map_files/1000-2000'));
    expect(open({ ...file, inode: 1, isDeleted: true })).toBe('opened');
  });

  it('is not led out of the root', () => {
    const secret = join(base, 'secret');
    writeFileSync(secret, 'outside');
    symlinkSync(secret, join(base, 'inside/lib/b.so'));
    expect(open({ ...file, path: '/lib/b.so', inode: statSync(secret).ino })).toBe('it cannot be opened');
  });

  it('opens nothing on a file system that may not answer, and says so', () => {
    mount('8:1', 'fuse.sshfs');
    expect(open(file)).toBe('it is on a file system that may not answer (fuse.sshfs)');
    mount('8:2', 'nfs4');
    expect([open(file), open({ ...file, path: '/mnt/a.so' })]).toEqual([
      'opened',
      'it is on a file system that may not answer (nfs4)',
    ]);
  });
});

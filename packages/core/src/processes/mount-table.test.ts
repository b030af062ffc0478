import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answers, MountTable } from './mount-table.ts';
import { ProcFs } from './procfs.ts';

const TABLE = `22 28 0:20 / /proc rw,nosuid - proc proc rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 28 0:40 / /data rw - nfs4 server:/data rw
31 28 0:41 /x /home/a\\040b rw shared:2 master:1 - fuse.sshfs a rw
32 28 0:42 / /data rw - tmpfs tmpfs rw
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'beyla-mounts-'));
  mkdirSync(join(root, '7'));
});
afterEach(() => rmSync(root, { recursive: true }));

function read(text: string): MountTable | undefined {
  writeFileSync(join(root, '7', 'mountinfo'), text);
  return MountTable.read(new ProcFs(root), 7);
}

describe('MountTable', () => {
  it('tells on which file system a path is', () => {
    const table = read(TABLE);
    const types = ['/', '/bin/app', '/home/a b/c', '/home/a', '/data', '/data/x', '/database'].map((path) =>
      table?.typeFor(path),
    );
    expect(types).toEqual(['ext4', 'ext4', 'fuse.sshfs', 'ext4', 'tmpfs', 'tmpfs', 'ext4']);
    expect([table?.typeAt('/data'), table?.typeAt('/data/x')]).toEqual(['tmpfs', undefined]);
  });

  it('believes the number of the device more than the path', () => {
    const table = read(TABLE);
    expect([table?.typeFor('/bin/app', '0:41'), table?.typeFor('/bin/app', '0:99')]).toEqual(['fuse.sshfs', 'ext4']);
  });

  it('does not know what is hidden, and answers nothing where there is no table', () => {
    expect(read('30 28 0:40 / /data rw - tmpfs tmpfs rw\nbroken\n')?.typeFor('/bin/app')).toBeUndefined();
    expect(MountTable.read(new ProcFs(root), 8)).toBeUndefined();
  });

  it('knows this machine, whose temporary files are its own', () => {
    expect(answers(MountTable.read(new ProcFs(), process.pid)?.typeFor(process.execPath))).toBe(true);
  });
});

describe('answers()', () => {
  it('is true of local file systems only', () => {
    expect(['ext4', 'overlay', 'tmpfs', 'nfs4', 'fuse.sshfs', 'autofs', undefined].map(answers)).toEqual([
      ...[true, true, true],
      ...[false, false, false, false],
    ]);
  });
});

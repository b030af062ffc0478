import type { ProcFs } from './procfs.ts';

/**
 * File systems that answer from this machine's own memory and disks. Others ask a server or a program, which may never answer, and whoever reads
 * from them waits for ever: anybody may mount a FUSE of their own.
 */
const OWN: ReadonlySet<string> = new Set([
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'zfs', 'bcachefs', 'jfs', 'nilfs2', 'vfat', 'exfat', 'ntfs3'],
  ...['tmpfs', 'ramfs', 'rootfs', 'devtmpfs', 'hugetlbfs', 'proc', 'sysfs'],
  ...['overlay', 'squashfs', 'erofs', 'cramfs', 'romfs', 'iso9660', 'udf', 'virtiofs'],
]);
const LONGEST_TABLE = 4 * 1024 * 1024;
const MOST_MOUNTS = 16_384;

/** Where file systems are mounted as one process sees it; read from procfs, which asks none of them. */
export class MountTable {
  /** Type by mount point, paths as the process has them. */
  readonly #types = new Map<string, string>();
  /** Type by number of the device, `8:1`. */
  readonly #devices = new Map<string, string>();

  private constructor() {}

  /** Undefined where it cannot be read. */
  static read(proc: ProcFs, pid: number): MountTable | undefined {
    const table = new MountTable();
    const isRead = proc.lines(`${proc.directory(pid)}/mountinfo`, LONGEST_TABLE, (line) => {
      const fields = line.split(' ');
      const separator = fields.indexOf('-', 6);
      const [device, point, type] = [fields[2], fields[4], fields[separator + 1]];
      if (separator < 0 || device === undefined || point === undefined || type === undefined) return true;
      // Of two on one point the later one is on top.
      table.#types.set(unescaped(point), type);
      table.#devices.set(device, type);
      return table.#types.size < MOST_MOUNTS;
    });
    return isRead ? table : undefined;
  }

  /** Type of the file system that is mounted at exactly this path. */
  typeAt(point: string): string | undefined {
    return this.#types.get(point);
  }

  /** Type of the file system that has this device, else of the one that an absolute path without links is on; undefined where that is hidden. */
  typeFor(path: string, device?: string): string | undefined {
    const byDevice = device === undefined ? undefined : this.#devices.get(device);
    if (byDevice !== undefined) return byDevice;
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const type = this.#types.get(at);
      if (type !== undefined) return type;
    }
    return this.#types.get('/');
  }
}

/** Whether a file system of this type surely answers. */
export function answers(type: string | undefined): boolean {
  return type !== undefined && OWN.has(type);
}

/** Blanks, tabs, line feeds and backslashes are written as `\040`. */
function unescaped(point: string): string {
  return point.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

import type { ProcFs } from '../processes/procfs.ts';

/** A file of which a process has mapped a part that may be executed. */
export interface MappedFile {
  /** Name of the mapping, as `/proc/PID/map_files` has it. */
  readonly range: string;
  /** Number of the device as the mapping tells it: `8:1`. */
  readonly device: string;
  /** Inode number as the mapping tells it. */
  readonly inode: number;
  /** Path inside the process's mount namespace. */
  readonly path: string;
  /** The path leads to another file now, or nowhere. */
  readonly isDeleted: boolean;
}

/** What `/proc/PID/maps` says, as far as taps need it. */
export interface MappedFiles {
  readonly files: readonly MappedFile[];
  /** There was more than is read. */
  readonly isCut: boolean;
}

/** A program with 100 libraries has 40 KiB; one with thousands of its own mappings lists its libraries at the end of them. */
const LONGEST_MAPS = 4 * 1024 * 1024;
const MOST_FILES = 1024;
const LINE = /^([0-9a-f]+-[0-9a-f]+) ..x. [0-9a-f]+ ([0-9a-f]+:[0-9a-f]+) (\d+) +(\/.*)$/;
const DELETED = ' (deleted)';

/** Lists the executable files that a process has mapped, each once; undefined where they cannot be read. */
export function readMappedFiles(proc: ProcFs, pid: number): MappedFiles | undefined {
  const files = new Map<string, MappedFile>();
  let bytes = 0;
  const isRead = proc.lines(`${proc.directory(pid)}/maps`, LONGEST_MAPS, (line) => {
    bytes += line.length + 1;
    const match = LINE.exec(line);
    if (match === null) return true;
    const [, range, device, inode, path] = match as unknown as [string, string, string, string, string];
    const key = `${device} ${inode}`;
    if (inode === '0' || files.has(key)) return true;
    const isDeleted = path.endsWith(DELETED);
    const name = isDeleted ? path.slice(0, -DELETED.length) : path;
    const [major = '', minor = ''] = device.split(':');
    files.set(key, {
      range: withoutZeros(range),
      device: `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`,
      inode: Number(inode),
      path: unescapeName(name),
      isDeleted,
    });
    return files.size < MOST_FILES;
  });
  const isCut = bytes >= LONGEST_MAPS - LONGEST_LINE || files.size >= MOST_FILES;
  return isRead ? { files: [...files.values()], isCut } : undefined;
}

/** PATH_MAX and the columns before it. */
const LONGEST_LINE = 4096 + 128;

/** Addresses are padded with zeros to eight digits in `maps`, and not in `map_files`. */
function withoutZeros(range: string): string {
  return range.replace(/\b0+(?=[0-9a-f])/g, '');
}

/** The kernel writes a line feed in a name as `\012`. */
function unescapeName(path: string): string {
  return path.replaceAll('\\012', '\n');
}

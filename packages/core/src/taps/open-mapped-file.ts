import { closeSync, constants, fstatSync, openSync, statfsSync } from 'node:fs';
import type { ProcFs } from '../processes/procfs.ts';
import type { MappedFile } from './mapped-files.ts';

/** A file that is open, and which one it is. */
export interface OpenedFile {
  readonly descriptor: number;
  /** The same for every path and mount namespace that leads to the file; another one when it was changed. */
  readonly identity: string;
}

/** OVERLAYFS_SUPER_MAGIC (include/uapi/linux/magic.h). */
const OVERLAY = 0x794c_7630;

/**
 * Opens a file as the process that has mapped it sees it; undefined where that is not possible. The caller closes it.
 *
 * The mapping itself leads to the file also when its name leads elsewhere by now, but may need CAP_CHECKPOINT_RESTORE or
 * CAP_SYS_ADMIN; without it the path in the process's mount namespace does, if the file there has the mapping's inode number.
 */
export function openMappedFile(proc: ProcFs, pid: number, file: MappedFile): OpenedFile | undefined {
  const directory = `${proc.root}/${proc.directory(pid)}`;
  const opened = openFile(`${directory}/map_files/${file.range}`, undefined, proc);
  if (opened !== undefined || file.isDeleted) return opened;
  return openFile(`${directory}/root${file.path}`, file.inode, proc);
}

/** Opens a file by its path, if it has this inode number; undefined where that is not possible. The caller closes it. */
export function openFile(path: string, inode?: number, proc?: ProcFs): OpenedFile | undefined {
  let descriptor: number;
  try {
    // What is there by now may be a pipe: opening must not wait for its other end.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    proc?.noteShortage(error);
    return undefined;
  }
  const identity = identify(descriptor, inode);
  if (identity === undefined) {
    closeSync(descriptor);
    return undefined;
  }
  return { descriptor, identity };
}

function identify(descriptor: number, inode: number | undefined): string | undefined {
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    if (!stat.isFile() || (inode !== undefined && stat.ino !== BigInt(inode))) return undefined;
    const content = `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
    // Each container has an overlay of its own with a device number of its own, above files that they share. Probes are attached to
    // the shared file, so it must be recognised, or they would be attached twice.
    const isOverlay = statfsSync(`/proc/self/fd/${descriptor}`).type === OVERLAY;
    return isOverlay ? `overlay:${content}:${stat.ctimeNs}` : `${stat.dev}:${content}`;
  } catch {
    return undefined;
  }
}

import { closeSync, constants, fstatSync, openSync, statfsSync } from 'node:fs';
import { answers } from '../processes/mount-table.ts';
import { ProcessRoot } from '../processes/process-root.ts';
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
 * Opens a file as the process that has mapped it sees it. The caller closes it.
 *
 * The mapping itself leads to the file also when its name leads elsewhere by now, but may need CAP_CHECKPOINT_RESTORE or
 * CAP_SYS_ADMIN; without it the path in the process's mount namespace does, if the file there has the mapping's inode number.
 *
 * A file system that asks a server or a program for everything may never answer, and this host would wait with it: such a file is not opened.
 */
export function openMappedFile(proc: ProcFs, pid: number, file: MappedFile): OpenedFile | { readonly cause: string } {
  const type = proc.mounts(pid)?.typeFor(file.path, file.device);
  if (type !== undefined && !answers(type)) return { cause: `it is on a file system that may not answer (${type})` };
  const opened = openMapping(proc, `${proc.root}/${proc.directory(pid)}/map_files/${file.range}`);
  if (opened !== undefined) return opened;
  return (file.isDeleted ? undefined : openByPath(proc, pid, file)) ?? { cause: 'it cannot be opened' };
}

function openMapping(proc: ProcFs, path: string): OpenedFile | undefined {
  let descriptor: number;
  try {
    // What is mapped may be a device: opening must not wait.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    proc.noteShortage(error);
    return undefined;
  }
  return identified(descriptor);
}

function openByPath(proc: ProcFs, pid: number, { path, inode }: MappedFile): OpenedFile | undefined {
  const root = ProcessRoot.open(proc, pid);
  const descriptor = root?.open(path);
  root?.close();
  return descriptor === undefined ? undefined : identified(descriptor, inode);
}

/** Closes what is none or another file. */
function identified(descriptor: number, inode?: number): OpenedFile | undefined {
  const identity = identify(descriptor, inode);
  if (identity !== undefined) return { descriptor, identity };
  closeSync(descriptor);
  return undefined;
}

/** See `OpenedFile`; undefined for what is no regular file, or has another inode number than this one. */
export function identify(descriptor: number, inode?: number): string | undefined {
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

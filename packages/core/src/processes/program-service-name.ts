import { isMultiprocessingChild } from './multiprocessing.ts';
import type { ReadProcess } from './process-info.ts';
import type { ProcFs } from './procfs.ts';
import { defaultServiceName } from './service-name.ts';

/** A pool in a worker of a server: three generations. */
const MOST_GENERATIONS = 8;

/** The default `service.name` of a process: that of its program, and for a child of Python's multiprocessing library that of its parent. */
export function programServiceName(proc: ProcFs, read: ReadProcess): string {
  const { executable } = read;
  let { pid, commandLine } = read;
  for (let generation = 0; isMultiprocessingChild(commandLine); generation++) {
    const parent = proc.stat(pid)?.parent;
    // A parent that has ended leaves its children to a stranger.
    if (generation === MOST_GENERATIONS || parent === undefined || proc.executable(parent) !== executable) break;
    pid = parent;
    commandLine = proc.commandLine(parent) ?? [];
  }
  return defaultServiceName(executable, commandLine);
}

import { setImmediate } from 'node:timers/promises';
import type { ListeningPorts } from './listening-ports.ts';
import type { ProcessTable } from './process-table.ts';
import type { ProcFs, ProcStat } from './procfs.ts';

/** How one comparison with procfs went. */
export interface ScanResult {
  /** It was carried through. */
  readonly isComplete: boolean;
  /** Processes were selected that may have children which the kernel does not follow. */
  readonly hasFound: boolean;
}

/**
 * Shows every process to the table, and tells it which ones are gone. Gives the event loop its turn after every `sliceMs`
 * milliseconds of work; stops early when `isClosed`. Throws where procfs cannot be listed.
 */
export async function scanProcesses(
  proc: ProcFs,
  table: ProcessTable,
  look: ListeningPorts,
  sliceMs: number,
  isClosed: () => boolean,
): Promise<ScanResult> {
  const pids = proc.pids();
  let hasFound = false;
  let sliceStartMs = performance.now();
  const breathe = async (): Promise<void> => {
    if (performance.now() - sliceStartMs <= sliceMs) return;
    await setImmediate();
    sliceStartMs = performance.now();
  };
  const seen: { pid: number; stat: ProcStat }[] = [];
  for (const pid of pids) {
    if (isClosed()) return { isComplete: false, hasFound };
    const stat = proc.stat(pid);
    if (stat !== undefined) seen.push({ pid, stat });
    await breathe();
  }
  // Parents first, so that their children inherit within the same scan.
  seen.sort((a, b) => a.stat.startTicks - b.stat.startTicks || a.pid - b.pid);
  for (const { pid, stat } of seen) {
    if (isClosed()) return { isComplete: false, hasFound };
    if (table.examine(pid, look, undefined, stat)) hasFound = true;
    await breathe();
  }
  const present = new Set(pids);
  for (const pid of table.pids()) {
    // A hint may have brought in a process that is younger than the list.
    if (!present.has(pid) && !proc.isThere(pid)) table.end(pid);
  }
  return { isComplete: true, hasFound };
}

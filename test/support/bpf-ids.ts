import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Programs, maps and links by id, e.g. `prog 12`. */
export type BpfIds = ReadonlySet<string>;

const KINDS = ['prog', 'map', 'link'] as const;

/** What this process holds by file descriptor: each is named by the kernel itself. */
export function heldBy(pid: number): BpfIds {
  const ids = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    for (const [, kind, id] of read(`/proc/${pid}/fdinfo/${fd}`).matchAll(/^(prog|map|link)_id:\s+(\d+)$/gm)) {
      ids.add(`${kind} ${id}`);
    }
  }
  return ids;
}

/** Everything of these kinds in the kernel, whoever made it. */
export function inKernel(): BpfIds {
  const ids = new Set<string>();
  for (const kind of KINDS) {
    const listing = JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8' })) as { id: number }[];
    for (const { id } of listing) {
      ids.add(`${kind} ${id}`);
    }
  }
  return ids;
}

/**
 * Which of `ids` are still in the kernel. It frees them some moments after the last reference is gone and tells nobody, so this asks
 * again until none is left or `timeoutMs` has passed.
 */
export async function leftOf(ids: BpfIds, timeoutMs = 5000): Promise<string[]> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const present = inKernel();
    const left = [...ids].filter((id) => present.has(id));
    if (left.length === 0 || performance.now() > end) {
      return left;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How many file descriptors this process has open. */
export function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The descriptor was closed meanwhile.
    return '';
  }
}

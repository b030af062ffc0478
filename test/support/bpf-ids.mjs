// @ts-check
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** @typedef {ReadonlySet<string>} BpfIds programs, maps and links by id, e.g. `prog 12` */

const KINDS = /** @type {const} */ (['prog', 'map', 'link']);
const ID_LINE = /^(prog|map|link)_id:\s+(\d+)$/gm;

/**
 * What a process holds by file descriptor; the kernel itself names each.
 *
 * @param {number} pid
 * @returns {BpfIds}
 */
export function heldBy(pid) {
  /** @type {Set<string>} */
  const ids = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    for (const [, kind, id] of readIfThere(`/proc/${pid}/fdinfo/${fd}`).matchAll(ID_LINE)) {
      ids.add(`${kind} ${id}`);
    }
  }
  return ids;
}

/**
 * One line per thing in the kernel, whoever made it, as bpftool describes it.
 *
 * @param {'prog' | 'map' | 'link'} kind
 * @returns {{ id: number, name?: string, run_cnt?: number, run_time_ns?: number, bytes_memlock?: number }[]}
 */
export function bpftool(kind) {
  return JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8', maxBuffer: 64 << 20 }));
}

/** @returns {BpfIds} */
export function inKernel() {
  return new Set(KINDS.flatMap((kind) => bpftool(kind).map(({ id }) => `${kind} ${id}`)));
}

/**
 * Which of `ids` are still in the kernel. It frees them some moments after the last reference is gone and tells nobody, so this asks
 * again until none is left or the time is over.
 *
 * @param {BpfIds} ids
 * @returns {Promise<string[]>}
 */
export async function leftOf(ids, timeoutMs = 5000) {
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
export function openFiles() {
  return readdirSync('/proc/self/fd').length;
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The descriptor was closed meanwhile.
    return '';
  }
}

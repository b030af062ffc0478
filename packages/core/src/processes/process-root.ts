import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { answers, type MountTable } from './mount-table.ts';
import type { ProcFs } from './procfs.ts';

/** O_PATH of Linux, which Node has no name for: the file is not opened, only held. */
const O_PATH = 0x20_0000;
const HOLD = O_PATH | constants.O_NOFOLLOW;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
/** As the kernel (MAXSYMLINKS). */
const MOST_LINKS = 40;
const MOST_STEPS = 256;

interface Held {
  readonly descriptor: number;
  readonly path: string;
}

/**
 * Files as a process sees them, by paths that it chooses: links are followed beneath its root, as the process itself would be led, never out of it.
 * `/proc/PID/root` alone does not see to that, for a link to an absolute path leads to our own root. File systems that may not answer are not
 * entered.
 */
export class ProcessRoot {
  readonly #proc: ProcFs;
  readonly #mounts: MountTable | undefined;
  readonly #top: Held;

  private constructor(proc: ProcFs, root: number, mounts: MountTable | undefined) {
    this.#proc = proc;
    this.#top = { descriptor: root, path: '' };
    this.#mounts = mounts;
  }

  /** Undefined where its root may not be looked at, or may not answer. */
  static open(proc: ProcFs, pid: number): ProcessRoot | undefined {
    const mounts = proc.mounts(pid);
    if (mounts !== undefined && !answers(mounts.typeAt('/'))) return undefined;
    try {
      const root = openSync(`${proc.root}/${proc.directory(pid)}/root`, O_PATH | constants.O_DIRECTORY);
      return new ProcessRoot(proc, root, mounts);
    } catch (error) {
      proc.noteShortage(error);
      return undefined;
    }
  }

  /** Opens a regular file for reading; the caller closes it. */
  open(path: string): number | undefined {
    return this.#use(path, (descriptor) =>
      // What was held is opened, not what has its name by now.
      fstatSync(descriptor).isFile() ? openSync(`/proc/self/fd/${descriptor}`, READ) : undefined,
    );
  }

  /** Those of the names that are there in a directory. */
  namesIn(directory: string, names: readonly string[]): readonly string[] {
    const found = this.#use(directory, (descriptor, path) =>
      names.filter(
        (name) =>
          this.#mayEnter(`${path}/${name}`) &&
          lstatSync(`/proc/self/fd/${descriptor}/${name}`, { throwIfNoEntry: false }) !== undefined,
      ),
    );
    return found ?? [];
  }

  close(): void {
    closeSync(this.#top.descriptor);
  }

  /** Whether what is mounted at this path, if anything is, surely answers. */
  #mayEnter(path: string): boolean {
    const type = this.#mounts?.typeAt(path);
    return type === undefined || answers(type);
  }

  #use<T>(path: string, use: (descriptor: number, path: string) => T): T | undefined {
    const held: Held[] = [];
    try {
      if (!this.#walk(path, held)) return undefined;
      const last = held.at(-1) ?? this.#top;
      return use(last.descriptor, last.path);
    } catch (error) {
      this.#proc.noteShortage(error);
      return undefined;
    } finally {
      for (const { descriptor } of held) closeSync(descriptor);
    }
  }

  /** Goes a path name by name, and holds every directory on the way, so that nobody can move one away between two steps. */
  #walk(path: string, held: Held[]): boolean {
    const names = namesOf(path);
    let links = 0;
    for (let steps = 0; names.length > 0; steps++) {
      if (steps >= MOST_STEPS) return false;
      const name = names.pop() as string;
      if (name === '..') {
        const left = held.pop();
        if (left !== undefined) closeSync(left.descriptor);
        continue;
      }
      const parent = held.at(-1) ?? this.#top;
      const next = `${parent.path}/${name}`;
      if (!this.#mayEnter(next)) return false;
      const at = `/proc/self/fd/${parent.descriptor}/${name}`;
      const descriptor = openSync(at, HOLD);
      if (!fstatSync(descriptor).isSymbolicLink()) {
        held.push({ descriptor, path: next });
        continue;
      }
      closeSync(descriptor);
      if (++links > MOST_LINKS) return false;
      const target = readlinkSync(at);
      names.push(...namesOf(target));
      if (target.startsWith('/')) for (const one of held.splice(0)) closeSync(one.descriptor);
    }
    return true;
  }
}

/** The names of a path, the last one first. */
function namesOf(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .reverse();
}

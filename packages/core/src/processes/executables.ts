import { type BigIntStats, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { EXECUTABLE_KEY } from '../events/layout.gen.ts';
import type { ProcessSink } from './process-sink.ts';
import type { ProcFs } from './procfs.ts';
import type { ExecutableMatch, ProcessMatcher } from './selector.ts';

/** What the kernel calls an executable file: the bytes of `struct executable_key` (bpf/event.h), one in each character. */
export type ExecutableId = string;

/** A decided file. */
export interface DecidedExecutable extends ExecutableMatch {
  readonly path: string;
}

/** As large as the map of that name (bpf/maps.h). */
const MOST_TOLD = 2048;
/** Beside those that the kernel is told of, files of which it is only known that nothing follows from them. */
const MOST_KNOWN = 8192;
/** Of the files that were found before anything ran them. */
const MOST_FOUND = 1024;
/** Bytes of the beginning and the end of a name. */
const NAME_PART = 8;
const SLICE_MS = 2;
const USUAL_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const NOBODY_ID = '\0'.repeat(EXECUTABLE_KEY.size);
const UNDECIDED: ExecutableMatch = { match: undefined, isByPort: false, isUnwanted: false };

/**
 * What was decided about executable files, which the kernel is told, so that it selects a process at the moment it executes such a file or begins
 * to listen: user space, which is told afterwards, would be too late for the first requests.
 *
 * Only what follows from the executable alone is decided here, and the process is looked at as any other one a moment later. Where that comes to
 * another result (the same file under another path that ends with the same name), the file is decided no more.
 */
export class Executables {
  readonly #proc: ProcFs;
  readonly #matcher: ProcessMatcher;
  readonly #sink: ProcessSink;
  readonly #decided = new LRUCache<ExecutableId, DecidedExecutable>({ max: MOST_KNOWN });
  readonly #told: LRUCache<ExecutableId, true>;

  constructor(proc: ProcFs, matcher: ProcessMatcher, sink: ProcessSink) {
    this.#proc = proc;
    this.#matcher = matcher;
    this.#sink = sink;
    this.#told = new LRUCache<ExecutableId, true>({
      max: MOST_TOLD,
      dispose: (_, id) => this.#sink.decide?.(id, undefined),
    });
  }

  /** How many the kernel was told of. */
  get size(): number {
    return this.#told.size;
  }

  get(id: ExecutableId): DecidedExecutable | undefined {
    return this.#decided.get(id);
  }

  /** Decides about the file that a process executes, of which a record of the kernel has told the id. */
  learn(id: ExecutableId, pid: number): void {
    if (id === NOBODY_ID || this.#decided.has(id)) return;
    const path = this.#proc.executable(pid);
    const stat = this.#proc.executableStat(pid);
    // By now the process may execute another file. The device may have another number here: overlays and btrfs have one for the kernel, one for us.
    if (path === undefined || stat === undefined || !isSameFile(id, idOf(stat, path))) return;
    this.#decide(id, path);
  }

  /** Decides about the file of a process that runs already, under the id that the kernel will most likely tell. */
  seen(pid: number, path: string): void {
    const stat = this.#proc.executableStat(pid);
    if (stat !== undefined) this.#decide(idOf(stat, path), path);
  }

  /** A process that executes this file was not selected after all. */
  distrust(id: ExecutableId): void {
    this.#decided.set(id, { ...UNDECIDED, path: '' });
    this.#told.delete(id);
  }

  /** Decides about the files that selectors name, or that are where programs usually are, before anything executes them. */
  async find(isClosed: () => boolean): Promise<void> {
    for (const path of this.#matcher.namedExecutables) this.#found(path);
    if (!this.#matcher.selectsByExecutable) return;
    const directories = [...(process.env['PATH'] ?? '').split(':'), ...USUAL_DIRECTORIES].filter((one) =>
      one.startsWith('/'),
    );
    let sliceStartMs = performance.now();
    for (const directory of new Set(directories.flatMap((one) => attempt(() => realpathSync(one)) ?? []))) {
      for (const entry of attempt(() => readdirSync(directory, { withFileTypes: true })) ?? []) {
        if (isClosed() || this.#told.size >= MOST_FOUND) return;
        if (entry.isFile()) this.#found(join(directory, entry.name));
        else if (entry.isSymbolicLink()) this.#found(attempt(() => realpathSync(join(directory, entry.name))));
        if (performance.now() - sliceStartMs <= SLICE_MS) continue;
        await setImmediate();
        sliceStartMs = performance.now();
      }
    }
  }

  #found(path: string | undefined): void {
    if (path === undefined || this.#matcher.decide(path).match === undefined) return;
    const stat = attempt(() => statSync(path, { bigint: true }));
    if (stat?.isFile() === true) this.#decide(idOf(stat, path), path);
  }

  #decide(id: ExecutableId, path: string): void {
    if (this.#decided.has(id)) return;
    const { match, isByPort, isUnwanted } = this.#matcher.decide(path);
    const isSelected = match !== undefined;
    this.#decided.set(id, { match, isByPort, isUnwanted, path });
    if (!isSelected && !isByPort && !isUnwanted) return;
    this.#told.set(id, true);
    this.#sink.decide?.(id, { isSelected, isByPort, isUnwanted });
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** As the kernel writes it: lib/selection.h. */
function idOf(stat: Pick<BigIntStats, 'dev' | 'ino' | 'ctimeNs'>, path: string): ExecutableId {
  const key = Buffer.alloc(EXECUTABLE_KEY.size);
  key.writeBigUInt64LE(BigInt.asUintN(64, stat.ino), EXECUTABLE_KEY.inode);
  key.writeBigInt64LE(stat.ctimeNs / 1_000_000_000n, EXECUTABLE_KEY.changedS);
  key.writeUInt32LE(Number(stat.ctimeNs % 1_000_000_000n), EXECUTABLE_KEY.changedNs);
  key.writeUInt32LE(kernelDevice(stat.dev), EXECUTABLE_KEY.device);
  const name = Buffer.from(basename(path));
  name.copy(key, EXECUTABLE_KEY.nameBegins, 0, NAME_PART);
  if (name.length > NAME_PART) name.copy(key, EXECUTABLE_KEY.nameEnds, name.length - NAME_PART);
  return key.toString('latin1');
}

/** The number of a device inside the kernel (MKDEV); stat(2) tells it encoded (new_encode_dev). */
function kernelDevice(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xffff_f000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffff_ff00n);
  return Number(((major << 20n) | minor) & 0xffff_ffffn);
}

function isSameFile(left: ExecutableId, right: ExecutableId): boolean {
  return left.slice(0, EXECUTABLE_KEY.device) === right.slice(0, EXECUTABLE_KEY.device);
}

import { type BigIntStats, closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';
import { answers, MountTable } from './mount-table.ts';

/** What `/proc/PID/stat` says, as far as it is needed. */
export interface ProcStat {
  /** Name of the main thread, at most 15 bytes. */
  readonly name: string;
  readonly parent: number;
  /** Start in clock ticks since boot (field 22). */
  readonly startTicks: number;
  readonly threads: number;
  /**
   * Where its stack was put when it executed its program, at random: whoever has the same and the same executable, was forked off. 0 when it may
   * not be looked at.
   */
  readonly stackStart: number;
  readonly isKernelThread: boolean;
  /** All its threads are ending, or have ended and wait to be reaped. */
  readonly isDead: boolean;
}

/** From include/linux/sched.h: the task is a kernel thread. */
const PF_KTHREAD = 0x0020_0000;
/** From include/linux/sched.h: the task is on its way out. */
const PF_EXITING = 0x0000_0004;
/** The host has no descriptors left, or no memory: that says nothing of what it wanted to read. */
const SHORTAGES: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);
const CAP_DAC_OVERRIDE = 1n;
const CAP_DAC_READ_SEARCH = 2n;
const CAP_SYS_PTRACE = 19n;
/** Class paths of Java are long, and the program's name stands behind them. */
const LONGEST_COMMAND_LINE = 64 * 1024;
const MOST_ARGUMENTS = 4096;
/** A look at a process asks a few times in a row. */
const MOUNTS_MS = 50;
/** Processes without a main thread are rare. */
const MOST_STAND_INS = 1024;

const scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * Reads the few facts about processes that selection is allowed to use: stat, executable link, command line and namespace. What
 * only a selected process may be asked for is in `environment.ts` and `language.ts`; listening ports are in `listening-ports.ts`.
 *
 * Reads are synchronous because procfs answers from memory (about 10 µs each, a fifth of a trip through libuv's pool). Everything
 * answers undefined for a process that is gone; where the host is at its own limits, too, which `failed` then tells.
 */
export class ProcFs {
  readonly root: string;
  /** Reads that were refused for want of privilege. */
  denied = 0;
  /** Reads that failed for want of file descriptors or memory: they tell nothing of the process. */
  failed = 0;
  /** Process whose main thread has ended → one of its threads that live, as `stat` saw it last. */
  readonly #standIns = new Map<number, number>();
  #mounts: { readonly pid: number; readonly untilMs: number; readonly table: MountTable } | undefined;

  constructor(root: string = '/proc') {
    this.root = root;
  }

  /** Process ids in no particular order; throws where procfs is not there. */
  pids(): number[] {
    const pids: number[] = [];
    for (const name of readdirSync(this.root)) {
      const first = name.charCodeAt(0);
      if (first >= 49 && first <= 57) pids.push(Number(name));
    }
    return pids;
  }

  /** Process id of this program as this procfs numbers it. */
  self(): number {
    const link = this.link('self');
    return link === undefined ? process.pid : Number(link);
  }

  /**
   * Whether this program has the capabilities with which hardly any read is refused: CAP_SYS_PTRACE for links and memory maps, and
   * CAP_DAC_READ_SEARCH for the descriptors of other users' processes.
   */
  mayReadAll(): boolean {
    const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(this.read('self/status', 8192) ?? '')?.[1];
    if (digits === undefined) return false;
    const has = (capability: bigint): boolean => ((BigInt(`0x${digits}`) >> capability) & 1n) === 1n;
    return has(CAP_SYS_PTRACE) && (has(CAP_DAC_READ_SEARCH) || has(CAP_DAC_OVERRIDE));
  }

  /** Whether process ids here are not those that the kernel tells this program: it is of another PID namespace. */
  isOfOtherNamespace(): boolean {
    return this.root === '/proc' && this.link('self') !== String(process.pid);
  }

  /**
   * Name of the directory in which everything else about a process is read. The one called by its id shows the main thread, of which nothing is
   * left when it ends while others go on; then it is the one of a thread that lives, since every thread has a whole directory, too.
   */
  directory(pid: number): string {
    return String(this.#standIns.get(pid) ?? pid);
  }

  /** Whether there is such a process, also where no descriptor is left to read of it: an error is no absence. */
  isThere(pid: number): boolean {
    try {
      statSync(`${this.root}/${pid}`);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code !== 'ENOENT' && code !== 'ESRCH';
    }
  }

  /** Counts why something below the root could not be read. */
  note(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') this.denied++;
    else this.noteShortage(error);
  }

  /** Counts it if the host is at its own limits. */
  noteShortage(error: unknown): void {
    if (SHORTAGES.has((error as NodeJS.ErrnoException).code)) this.failed++;
  }

  /** Undefined where it is gone, or could not be read: see `isThere`. */
  stat(pid: number): ProcStat | undefined {
    const text = this.read(`${pid}/stat`, 4096);
    const main = text === undefined ? undefined : parseStat(text);
    if (main === undefined || !main.isDead || main.threads < 2) {
      this.#standIns.delete(pid);
      return main;
    }
    const thread = this.#livingThread(pid);
    this.#standIns.delete(pid);
    if (thread === undefined) return main;
    const [oldest] = this.#standIns.keys();
    if (oldest !== undefined && this.#standIns.size >= MOST_STAND_INS) this.#standIns.delete(oldest);
    this.#standIns.set(pid, thread);
    const { stackStart = 0 } = this.#threadStat(pid, thread) ?? {};
    return { ...main, stackStart, isDead: false };
  }

  /** What the executable link points to, also when the file has since been replaced. */
  executable(pid: number): string | undefined {
    return this.link(`${this.directory(pid)}/exe`)?.replace(/ \(deleted\)$/, '');
  }

  /** What is mounted where, as the process sees it, known for a moment; undefined where that cannot be read. */
  mounts(pid: number): MountTable | undefined {
    const nowMs = performance.now();
    if (this.#mounts?.pid === pid && this.#mounts.untilMs >= nowMs) return this.#mounts.table;
    const table = MountTable.read(this, pid);
    this.#mounts = table === undefined ? undefined : { pid, untilMs: nowMs + MOUNTS_MS, table };
    return table;
  }

  /** Whether to look at the file that a process executes surely does not wait for a server or a program: anybody may execute any file. */
  hasOwnExecutable(pid: number): boolean {
    const { failed } = this;
    const mounts = this.mounts(pid);
    if (mounts === undefined) return this.failed === failed;
    return answers(mounts.typeFor(this.executable(pid) ?? ''));
  }

  /** Which file the executable link leads to; undefined, too, where that file may not answer. */
  executableStat(pid: number): BigIntStats | undefined {
    if (!this.hasOwnExecutable(pid)) return undefined;
    return this.#try(() => statSync(`${this.root}/${this.directory(pid)}/exe`, { bigint: true }));
  }

  /** Arguments, at most 4096; only the first 64 KiB are looked at. */
  commandLine(pid: number): string[] | undefined {
    const text = this.read(`${this.directory(pid)}/cmdline`, LONGEST_COMMAND_LINE);
    return text === undefined ? undefined : splitArguments(text);
  }

  /** Inode number of the network namespace. */
  networkNamespace(pid: number): number | undefined {
    const link = this.link(`${this.directory(pid)}/ns/net`);
    const digits = link === undefined ? null : /\[(\d+)\]/.exec(link);
    return digits === null ? undefined : Number(digits[1]);
  }

  /** That of this program. */
  ownNetworkNamespace(): number | undefined {
    return this.networkNamespace(this.self());
  }

  /** Target of a link below the root. */
  link(path: string): string | undefined {
    return this.#try(() => readlinkSync(`${this.root}/${path}`));
  }

  /** Whether there is such a file. */
  exists(path: string): boolean {
    return this.#try(() => statSync(`${this.root}/${path}`)) !== undefined;
  }

  /** The first `limitBytes` of a file below the root as text. */
  read(path: string, limitBytes: number): string | undefined {
    return this.#try(() => {
      let text = '';
      this.#chunks(path, limitBytes, (chunk) => {
        text += chunk.toString('latin1');
        return true;
      });
      // Decoded once and whole, so that a character cut by a chunk's end stays one character.
      return Buffer.from(text, 'latin1').toString('utf8');
    });
  }

  /** Calls `line` for each line of a file below the root until it returns false; false where the file cannot be read. */
  lines(path: string, limitBytes: number, line: (text: string) => boolean): boolean {
    let rest = '';
    const complete = this.#try(() => {
      this.#chunks(path, limitBytes, (chunk) => {
        const texts = (rest + chunk.toString('latin1')).split('\n');
        rest = texts.pop() ?? '';
        return texts.every(line);
      });
      return true;
    });
    return complete ?? false;
  }

  #livingThread(pid: number): number | undefined {
    const known = this.#standIns.get(pid);
    const threads = this.#try(() => readdirSync(`${this.root}/${pid}/task`)) ?? [];
    return [known, ...threads.map(Number)].find((thread) => {
      return thread !== undefined && thread !== pid && this.#threadStat(pid, thread)?.isDead === false;
    });
  }

  #threadStat(pid: number, thread: number): ProcStat | undefined {
    const text = this.read(`${pid}/task/${thread}/stat`, 4096);
    return text === undefined ? undefined : parseStat(text);
  }

  #chunks(path: string, limitBytes: number, chunk: (bytes: Buffer) => boolean): void {
    const file = openSync(`${this.root}/${path}`, 'r');
    try {
      for (let total = 0; total < limitBytes; ) {
        const length = readSync(file, scratch, 0, Math.min(scratch.length, limitBytes - total), null);
        if (length === 0 || !chunk(scratch.subarray(0, length))) return;
        total += length;
      }
    } finally {
      closeSync(file);
    }
  }

  #try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.note(error);
      return undefined;
    }
  }
}

/** Anybody may execute a program with any arguments: takes time linear in the text, whatever is in it. */
export function splitArguments(text: string): string[] {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end).split('\0', MOST_ARGUMENTS);
}

function parseStat(text: string): ProcStat | undefined {
  // The name may itself hold blanks and parentheses: fields are counted from the last `)`.
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const state = fields[0];
  const startTicks = Number(fields[19]);
  if (nameEnd < 0 || !Number.isFinite(startTicks)) return undefined;
  const flags = Number(fields[6]);
  return {
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    parent: Number(fields[1]),
    startTicks,
    threads: Number(fields[17]),
    stackStart: Number(fields[25] ?? 0),
    isKernelThread: (flags & PF_KTHREAD) !== 0,
    isDead: (flags & PF_EXITING) !== 0 || state === 'Z' || state === 'X' || state === 'x',
  };
}

import { type BigIntStats, closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';

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
const CAP_SYS_PTRACE = 19n;
/** Class paths of Java are long, and the program's name stands behind them. */
const LONGEST_COMMAND_LINE = 64 * 1024;
const MOST_ARGUMENTS = 4096;
/** Processes without a main thread are rare. */
const MOST_STAND_INS = 1024;

const scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * Reads the few facts about processes that selection is allowed to use: stat, executable link, command line and namespace. What
 * only a selected process may be asked for is in `environment.ts` and `language.ts`; listening ports are in `listening-ports.ts`.
 *
 * Reads are synchronous because procfs answers from memory (about 10 µs each, a fifth of a trip through libuv's pool). Everything
 * answers undefined for a process that is gone.
 */
export class ProcFs {
  readonly root: string;
  /** Reads that were refused for want of privilege. */
  denied = 0;
  /** Process whose main thread has ended → one of its threads that live, as `stat` saw it last. */
  readonly #standIns = new Map<number, number>();

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

  /** Whether this program has CAP_SYS_PTRACE, with which hardly any read is refused. */
  mayTrace(): boolean {
    const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(this.read('self/status', 8192) ?? '')?.[1];
    return digits !== undefined && ((BigInt(`0x${digits}`) >> CAP_SYS_PTRACE) & 1n) === 1n;
  }

  /**
   * Name of the directory in which everything else about a process is read. The one called by its id shows the main thread, of which nothing is
   * left when it ends while others go on; then it is the one of a thread that lives, since every thread has a whole directory, too.
   */
  directory(pid: number): string {
    return String(this.#standIns.get(pid) ?? pid);
  }

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

  /** Which file the executable link leads to. */
  executableStat(pid: number): BigIntStats | undefined {
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
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') this.denied++;
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

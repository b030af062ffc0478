import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process of a `FakeProc`. */
export interface FakeProcess {
  readonly name?: string;
  readonly parent?: number;
  readonly startTicks?: number;
  readonly state?: string;
  /** Field 28 of stat. */
  readonly stackStart?: number;
  /** Field 9 of stat. */
  readonly flags?: number;
  /** Target of the executable link; absent for a kernel thread. */
  readonly executable?: string;
  readonly commandLine?: readonly string[];
  readonly environment?: readonly string[];
  /** Mapped files. */
  readonly libraries?: readonly string[];
  readonly netns?: number;
  /** Threads besides the main one, and the state of each. */
  readonly threads?: Readonly<Record<number, string>>;
  /** Socket inode of each open socket. */
  readonly sockets?: readonly number[];
}

/** A directory laid out as procfs, for tests: processes come and go by calls. */
export class FakeProc implements Disposable {
  readonly root: string = mkdtempSync(join(tmpdir(), 'beyla-proc-'));
  /** Rows of every process's `net/tcp`: listening sockets first, as the kernel does. */
  readonly #listening = new Map<number, string>();

  put(pid: number, process: FakeProcess): void {
    const directory = join(this.root, String(pid));
    rmSync(directory, { recursive: true, force: true });
    for (const sub of ['fd', 'ns', 'net']) mkdirSync(join(directory, sub), { recursive: true });
    const { name = 'app', parent = 1, startTicks = pid, state = 'S', flags = 0 } = process;
    const threads = Object.entries(process.threads ?? {});
    const stat = (id: number | string, itsState: string): string => {
      const counts = [...Array(10).fill(0), threads.length + 1, 0];
      const memory = [0, 0, 0, 0, 0, process.stackStart ?? 0];
      return `${id} (${name}) ${[itsState, parent, pid, pid, 0, -1, flags, ...counts, startTicks, ...memory].join(' ')}\n`;
    };
    writeFileSync(join(directory, 'stat'), stat(pid, state));
    for (const [id, itsState] of threads) {
      mkdirSync(join(directory, 'task', id), { recursive: true });
      writeFileSync(join(directory, 'task', id, 'stat'), stat(id, itsState));
    }
    writeFileSync(join(directory, 'cmdline'), (process.commandLine ?? []).map((argument) => `${argument}\0`).join(''));
    writeFileSync(join(directory, 'environ'), (process.environment ?? []).map((variable) => `${variable}\0`).join(''));
    writeFileSync(
      join(directory, 'maps'),
      (process.libraries ?? []).map((path) => `7f00-7f01 r-xp 00000000 08:01 1 ${path}\n`).join(''),
    );
    if (process.executable !== undefined) symlinkSync(process.executable, join(directory, 'exe'));
    symlinkSync(`net:[${process.netns ?? 4_026_531_840}]`, join(directory, 'ns', 'net'));
    (process.sockets ?? []).forEach((inode, index) => {
      symlinkSync(`socket:[${inode}]`, join(directory, 'fd', String(index + 3)));
    });
    this.#writeTable(pid);
  }

  /** A socket of some process listens from now on. */
  listen(port: number, inode: number): void {
    const address = `00000000:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000`;
    this.#listening.set(
      inode,
      `   0: ${address} 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0\n`,
    );
  }

  /** Makes a process see the sockets that listen by now. */
  update(pid: number, sockets: readonly number[]): void {
    this.#writeTable(pid);
    sockets.forEach((inode, index) => {
      const path = join(this.root, String(pid), 'fd', String(index + 3));
      rmSync(path, { force: true });
      symlinkSync(`socket:[${inode}]`, path);
    });
  }

  unlisten(inode: number): void {
    this.#listening.delete(inode);
  }

  remove(pid: number): void {
    rmSync(join(this.root, String(pid)), { recursive: true, force: true });
  }

  self(pid: number): void {
    rmSync(join(this.root, 'self'), { force: true });
    symlinkSync(String(pid), join(this.root, 'self'));
  }

  /** Makes reading a file of a process fail, to prove that it is not read. */
  forbid(pid: number, file: string): void {
    const path = join(this.root, String(pid), file);
    unlinkSync(path);
    mkdirSync(path);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #writeTable(pid: number): void {
    const established =
      '   9: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 999 1 0\n';
    writeFileSync(
      join(this.root, String(pid), 'net', 'tcp'),
      `  sl  local_address rem_address   st\n${[...this.#listening.values()].join('')}${established}`,
    );
  }
}

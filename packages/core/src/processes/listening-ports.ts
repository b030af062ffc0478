import { opendirSync } from 'node:fs';
import type { ListeningPort } from './listening-port.ts';
import type { ProcFs } from './procfs.ts';

/** The listening sockets of one network namespace at one moment. */
interface NamespaceSockets {
  readonly netns: number;
  /** Socket inode → port. */
  readonly ports: ReadonlyMap<string, number>;
  readonly wanted: ReadonlyMap<string, number>;
  readonly key: string;
  readonly wantedKey: string;
}

const LISTEN = '0A';
/** Enough for 40,000 listening sockets. */
const LONGEST_TABLE = 8 * 1024 * 1024;
/** procfs lists descriptors in ascending order and listening sockets are made early; an event tells of the others. */
const MOST_DESCRIPTORS = 4096;

/**
 * Answers which TCP ports processes listen on, as one consistent look: each network namespace's table is read once. Make a new one
 * for each scan.
 *
 * A key stands for all sockets that could change the answer: the same key, the same answer, so the descriptors of a process are
 * looked at again only when some socket of its namespace began or stopped to listen.
 */
export class ListeningPorts {
  /** When this look was begun, by `performance.now()`. */
  readonly takenAtMs: number = performance.now();
  readonly #proc: ProcFs;
  readonly #wants: (port: number) => boolean;
  readonly #namespaces = new Map<number, NamespaceSockets>();
  /** Processes of which only the first 4096 descriptors were looked at. */
  truncated = 0;

  /** `wants` says which ports selectors ask for. */
  constructor(proc: ProcFs, wants: (port: number) => boolean) {
    this.#proc = proc;
    this.#wants = wants;
  }

  /** See `ProcFs.failed`. */
  get failed(): number {
    return this.#proc.failed;
  }

  key(pid: number): string | undefined {
    return this.#sockets(pid)?.key;
  }

  wantedKey(pid: number): string | undefined {
    return this.#sockets(pid)?.wantedKey;
  }

  /** All ports that `pid` listens on; empty when it is gone or may not be looked at. */
  all(pid: number): ListeningPort[] {
    const sockets = this.#sockets(pid);
    return sockets === undefined ? [] : this.#of(pid, sockets.netns, sockets.ports);
  }

  /** Whether `pid` is in another network namespace than this program; undefined when it is gone or may not be looked at. */
  isElsewhere(pid: number): boolean | undefined {
    const netns = this.#proc.networkNamespace(pid);
    return netns === undefined ? undefined : netns !== this.#proc.ownNetworkNamespace();
  }

  /** The wanted ones among them. Where nobody listens on a wanted port, no descriptor is looked at. */
  wanted(pid: number): ListeningPort[] {
    const sockets = this.#sockets(pid);
    return sockets === undefined ? [] : this.#of(pid, sockets.netns, sockets.wanted);
  }

  #of(pid: number, netns: number, ports: ReadonlyMap<string, number>): ListeningPort[] {
    const found: ListeningPort[] = [];
    if (ports.size === 0) return found;
    for (const inode of this.#socketInodes(pid)) {
      const port = ports.get(inode);
      if (port !== undefined && !found.some((known) => known.port === port)) found.push({ netns, port });
    }
    return found.sort((a, b) => a.port - b.port);
  }

  #sockets(pid: number): NamespaceSockets | undefined {
    const netns = this.#proc.networkNamespace(pid);
    if (netns === undefined) return undefined;
    const known = this.#namespaces.get(netns);
    if (known !== undefined) return known;
    const ports = new Map<string, number>();
    const isReadable = this.#readTable(`${this.#proc.directory(pid)}/net/tcp`, ports);
    // A kernel without IPv6 has no such file.
    this.#readTable(`${this.#proc.directory(pid)}/net/tcp6`, ports);
    // A process that has just ended leaves its table unreadable: the next process of the namespace gets its chance.
    if (!isReadable) return undefined;
    const wanted = new Map([...ports].filter(([, port]) => this.#wants(port)));
    const sockets = { netns, ports, wanted, key: keyOf(netns, ports), wantedKey: keyOf(netns, wanted) };
    this.#namespaces.set(netns, sockets);
    return sockets;
  }

  /** The kernel lists listening sockets first (tcp_seq_start), so the other rows, of which there may be millions, are never read. */
  #readTable(path: string, ports: Map<string, number>): boolean {
    let isHeading = true;
    return this.#proc.lines(path, LONGEST_TABLE, (row) => {
      if (isHeading) {
        isHeading = false;
        return true;
      }
      const fields = row.trim().split(/\s+/);
      if (fields[3] !== LISTEN) return false;
      const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
      const inode = fields[9];
      if (inode !== undefined && port > 0) ports.set(inode, port);
      return true;
    });
  }

  *#socketInodes(pid: number): Generator<string> {
    const path = `${this.#proc.directory(pid)}/fd`;
    let directory: ReturnType<typeof opendirSync>;
    try {
      directory = opendirSync(`${this.#proc.root}/${path}`, { bufferSize: 256 });
    } catch (error) {
      this.#proc.note(error);
      return;
    }
    try {
      let count = 0;
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        if (++count > MOST_DESCRIPTORS) {
          this.truncated++;
          return;
        }
        const target = this.#proc.link(`${path}/${entry.name}`);
        if (target?.startsWith('socket:[')) yield target.slice(8, -1);
      }
    } catch {
      // The process ended while it was looked at.
    } finally {
      directory.closeSync();
    }
  }
}

function keyOf(netns: number, ports: ReadonlyMap<string, number>): string {
  return `${netns}:${[...ports.keys()].sort().join()}`;
}

import type { MapHandle } from '@beyla/native';
import { PORT_KEY, PORT_VALUE } from '../events/layout.gen.ts';
import type { ListeningPort } from '../processes/listening-port.ts';
import type { Native } from './binding.ts';

/** As many as the map has room for (bpf/maps.h). */
const MOST_KEYS = 4096;

/** The listening ports whose connections are followed from the handshake on, with the processes that listen on them. */
export class PortTable {
  readonly #native: Native;
  readonly #map: MapHandle;
  readonly #owners = new Map<string, { port: ListeningPort; pids: Set<number> }>();

  /** Keys in the kernel's table that had no owner at the last sweep. */
  #ownerless: ReadonlySet<string> = new Set();

  constructor(native: Native, map: MapHandle) {
    this.#native = native;
    this.#map = map;
  }

  /** False where the kernel's table is full. */
  add(pid: number, port: ListeningPort): boolean {
    const name = nameOf(port);
    let entry = this.#owners.get(name);
    if (entry === undefined) {
      entry = { port, pids: new Set() };
      this.#owners.set(name, entry);
    }
    entry.pids.add(pid);
    return this.#write(pid, entry.port);
  }

  /** Forgets a port when no other process listens on it. */
  remove(pid: number, port: ListeningPort): void {
    const name = nameOf(port);
    const entry = this.#owners.get(name);
    if (entry === undefined || !entry.pids.delete(pid) || entry.pids.size > 0) return;
    this.#owners.delete(name);
    this.#native.mapDelete(this.#map, keyOf(port));
  }

  /** Forgets the ports that only this process listened on. */
  removeProcess(pid: number): void {
    for (const { port } of [...this.#owners.values()]) this.remove(pid, port);
  }

  /**
   * Takes out what the kernel has put in for children that had ended before they were known here. What has no owner twice in a row is meant; the
   * record of a younger one may still be on its way.
   */
  sweep(): void {
    const owned = new Set([...this.#owners.values()].map(({ port }) => hex(keyOf(port))));
    const ownerless = new Set<string>();
    const key = new Uint8Array(PORT_KEY.size);
    const keys: string[] = [];
    for (let before: Uint8Array | null = null; keys.length < MOST_KEYS; before = key) {
      if (!this.#native.mapNextKey(this.#map, before, key)) break;
      keys.push(hex(key));
    }
    for (const one of keys) {
      if (owned.has(one)) continue;
      if (this.#ownerless.has(one)) this.#native.mapDelete(this.#map, Buffer.from(one, 'hex'));
      else ownerless.add(one);
    }
    this.#ownerless = ownerless;
  }

  #write(pid: number, port: ListeningPort): boolean {
    const value = new Uint8Array(PORT_VALUE.size);
    new DataView(value.buffer).setUint32(PORT_VALUE.pid, pid, true);
    try {
      this.#native.mapUpdate(this.#map, keyOf(port), value);
      return true;
    } catch {
      return false;
    }
  }
}

function nameOf({ netns, port }: ListeningPort): string {
  return `${netns}:${port}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function keyOf({ netns, port }: ListeningPort): Uint8Array {
  const key = new Uint8Array(PORT_KEY.size);
  const view = new DataView(key.buffer);
  view.setUint32(PORT_KEY.netns, netns, true);
  view.setUint16(PORT_KEY.port, port, true);
  return key;
}

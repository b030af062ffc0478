import type { MapHandle } from '@beyla/native';
import { PORT_KEY, PORT_VALUE } from '../events/layout.gen.ts';
import type { ListeningPort } from '../processes/listening-port.ts';
import type { Native } from './binding.ts';

/** The listening ports whose connections are followed from the handshake on, with the processes that listen on them. */
export class PortTable {
  readonly #native: Native;
  readonly #map: MapHandle;
  readonly #owners = new Map<string, { port: ListeningPort; pids: Set<number> }>();

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

function keyOf({ netns, port }: ListeningPort): Uint8Array {
  const key = new Uint8Array(PORT_KEY.size);
  const view = new DataView(key.buffer);
  view.setUint32(PORT_KEY.netns, netns, true);
  view.setUint16(PORT_KEY.port, port, true);
  return key;
}

import type { ListeningPort } from './listening-port.ts';
import type { ListeningPorts } from './listening-ports.ts';

/** The ports a selected process listens on, kept true by events and by looks at procfs. */
export class SelectedPorts implements Iterable<ListeningPort> {
  readonly #ports = new Map<string, { port: ListeningPort; sinceMs: number }>();
  #key: string | undefined;

  /** False when it was there already. */
  add(port: ListeningPort): boolean {
    const name = nameOf(port);
    if (this.#ports.has(name)) return false;
    this.#ports.set(name, { port, sinceMs: performance.now() });
    return true;
  }

  has(port: ListeningPort): boolean {
    return this.#ports.has(nameOf(port));
  }

  [Symbol.iterator](): Iterator<ListeningPort> {
    return [...this.#ports.values()].map(({ port }) => port)[Symbol.iterator]();
  }

  /** Takes over what `look` says; a port that an event added since the look was begun stays. */
  refresh(look: ListeningPorts, pid: number): { added: ListeningPort[]; removed: ListeningPort[] } {
    const key = look.key(pid);
    if (key === undefined || key === this.#key) return { added: [], removed: [] };
    const failed = look.failed;
    const seen = look.all(pid);
    // What could not be read says nothing of what is there.
    if (look.failed > failed) return { added: [], removed: [] };
    this.#key = key;
    const names = new Set(seen.map(nameOf));
    const removed = [...this.#ports.values()]
      .filter(({ port, sinceMs }) => !names.has(nameOf(port)) && sinceMs < look.takenAtMs)
      .map(({ port }) => port);
    for (const port of removed) this.#ports.delete(nameOf(port));
    return { added: seen.filter((port) => this.add(port)), removed };
  }
}

function nameOf({ netns, port }: ListeningPort): string {
  return `${netns}:${port}`;
}

import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps the connections of a server within `most`, whoever opens them: each is a file descriptor of the host. For a new one the oldest one that
 * waits is closed, or, if none does, the one whose answer takes the longest; so those who only occupy do not keep a scraper out.
 */
export class ConnectionLimit {
  /** Oldest first. */
  readonly #waiting = new Set<Socket>();
  readonly #answering = new Set<Socket>();
  /** With a request that is not yet answered. */
  readonly #asking = new WeakSet<Socket>();
  readonly #most: number;
  #cut = 0;

  constructor(server: Server, most: number) {
    this.#most = most;
    server.on('connection', (socket) => this.#opened(socket));
    // Before the one that answers.
    server.prependListener('request', (request, response) => this.#asked(request.socket, response));
  }

  /** Connections that were closed for others. */
  get cut(): number {
    return this.#cut;
  }

  #asked(socket: Socket, response: ServerResponse): void {
    // Many requests in one segment would each begin an answer. No scraper does that.
    if (this.#asking.has(socket)) {
      this.#cut += 1;
      socket.destroy();
      return;
    }
    this.#asking.add(socket);
    // A TLS connection is not the socket that it runs on, which counts as one that waits.
    const isPlain = this.#waiting.delete(socket);
    if (isPlain) this.#answering.add(socket);
    response.once('close', () => {
      this.#asking.delete(socket);
      if (this.#answering.delete(socket) && !socket.destroyed) this.#waiting.add(socket);
    });
  }

  #opened(socket: Socket): void {
    if (this.#waiting.size + this.#answering.size >= this.#most) {
      const [oldest] = this.#waiting.size > 0 ? this.#waiting : this.#answering;
      this.#cut += 1;
      if (oldest !== undefined) this.#forget(oldest);
      oldest?.destroy();
    }
    this.#waiting.add(socket);
    socket.once('close', () => this.#forget(socket));
  }

  #forget(socket: Socket): void {
    this.#waiting.delete(socket);
    this.#answering.delete(socket);
  }
}

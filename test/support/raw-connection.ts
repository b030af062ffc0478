import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One TCP connection on which a test says exactly what it wants to, when it wants to. */
export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
    });
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    const socket = connect({ port, host, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** The client's own port. */
  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Sends and waits for what `until` describes; returns all that was received since the last exchange. */
  async exchange(text: string, until: RegExp): Promise<string> {
    this.send(text);
    return await this.receive(until);
  }

  async receive(until: RegExp): Promise<string> {
    while (!until.test(this.#received)) {
      if (this.#closed) {
        throw new Error(`connection closed before ${until}; received ${JSON.stringify(this.#received)}`);
      }
      await this.#next('data', 'close');
    }
    const received = this.#received;
    this.#received = '';
    return received;
  }

  /** Says that nothing more will be sent; still receives. */
  half(): void {
    this.#socket.end();
  }

  /** Resolves when the other side has closed. */
  async closedByPeer(): Promise<void> {
    if (!this.#closed && !this.#socket.readableEnded) {
      await this.#next('end', 'close');
    }
  }

  async stop(): Promise<void> {
    this.#socket.destroy();
    if (!this.#closed) {
      await once(this.#socket, 'close');
    }
  }

  /** The first of two events; listens for neither afterwards. */
  async #next(...events: readonly string[]): Promise<void> {
    const settled = new AbortController();
    const { signal } = settled;
    const waits = events.map((event) => once(this.#socket, event, { signal }));
    await Promise.race(waits).finally(() => settled.abort());
    await Promise.allSettled(waits);
  }
}

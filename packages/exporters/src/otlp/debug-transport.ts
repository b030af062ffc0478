import { type Answer, broken, refused, type Transport } from './transport.ts';

/** Prints requests instead of sending them, each on a line. A reader that is slow is waited for; the queue before it is bounded. */
export class DebugTransport implements Transport {
  readonly #stream: NodeJS.WritableStream;
  #closed = false;

  constructor(stream: NodeJS.WritableStream = process.stdout) {
    this.#stream = stream;
  }

  send(body: Uint8Array): Promise<Answer> {
    if (this.#closed) return Promise.resolve(refused('closed', 'the exporter is closed'));
    return new Promise((resolve) => {
      this.#stream.write(`${Buffer.from(body).toString()}\n`, (error) => {
        resolve(error ? broken(error, 'standard output') : { kind: 'accepted', body: new Uint8Array() });
      });
    });
  }

  /** The stream is not ours to end. */
  close(): void {
    this.#closed = true;
  }
}

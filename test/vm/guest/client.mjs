// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * Sends requests one after another on one connection and resolves with the status codes, by reading just enough of HTTP/1 itself:
 * the truth must not come from a library that is also under test.
 */
export async function exchange(port, requests, { keepAlive, tls = false }) {
  const socket = tls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port, host: '127.0.0.1' });
  if (tls) await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  const reader = new Reader(socket);
  const statuses = [];
  for (const [index, request] of requests.entries()) {
    const { method, path, body = '' } = request;
    const last = !keepAlive || index === requests.length - 1;
    socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: guest\r\n${body ? `Content-Length: ${body.length}\r\n` : ''}${last ? 'Connection: close\r\n' : ''}\r\n${body}`,
    );
    statuses.push(await reader.response(method));
  }
  if (!socket.closed) await new Promise((resolve) => socket.destroy().once('close', resolve));
  return statuses;
}

/** Collects a socket's bytes and cuts responses off their front. */
class Reader {
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  constructor(socket) {
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#ended = error;
      this.#wake();
    });
  }

  async response(method) {
    const end = await this.#until(() => this.#bytes.indexOf('\r\n\r\n'));
    const head = this.#bytes.toString('latin1', 0, end).toLowerCase();
    this.#bytes = this.#bytes.subarray(end + 4);
    const status = Number(head.split(' ')[1]);
    if (method === 'HEAD' || status === 204 || status === 304) return status;
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    if (length !== undefined) {
      await this.#until(() => (this.#bytes.length >= Number(length) ? 0 : -1));
      this.#bytes = this.#bytes.subarray(Number(length));
    } else if (head.includes('\r\ntransfer-encoding: chunked')) {
      const last = await this.#until(() => this.#bytes.indexOf('0\r\n\r\n'));
      this.#bytes = this.#bytes.subarray(last + 5);
    } else {
      await this.#until(() => (this.#ended ? 0 : -1));
    }
    return status;
  }

  async #until(position) {
    for (;;) {
      const found = position();
      if (found >= 0) return found;
      if (this.#ended) throw new Error(`the connection ended inside a response: ${this.#ended}`);
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { toQuery } from './plan.mjs';
import { framingOf, MessageReader, nowNs, padding } from './wire.mjs';

/**
 * One request as one end of it saw it; times on CLOCK_MONOTONIC. Where several values are true, all are listed: the size of
 * a chunked body may be unset, because only who sees all of its bytes can know it.
 *
 * @typedef {object} Truth
 * @property {string} id names the request; it is in the path
 * @property {number} port the client's own
 * @property {string} method
 * @property {string} path
 * @property {string} query
 * @property {string} traceId what `traceparent` said; empty when there was none
 * @property {number} status 0 when no status came
 * @property {number} sendNs before the first byte was written (server's log: when it was read)
 * @property {number} sentNs after the call that wrote it
 * @property {number} firstByteNs 0 when no byte of an answer came
 * @property {number} endNs when its last byte came (server's log: was written); without an answer, when the connection ended
 * @property {number} lagNs how late this process was at worst meanwhile
 * @property {readonly (number | undefined)[]} requestBody
 * @property {readonly (number | undefined)[]} responseBody
 * @property {readonly (string | undefined)[]} errors
 * @property {number | undefined} [nextNs] when the next request of the same connection came; the judge finds out
 * @property {boolean} [mayVanish] nobody can say that the server has read it
 *
 * @typedef {object} Request
 * @property {string} [method] default GET
 * @property {number} [head] bytes of the head beside the ordinary ones, a cookie first
 * @property {number} [body] bytes; default none
 * @property {boolean} [chunked]
 * @property {boolean} [expect] 100-continue
 * @property {boolean} [close]
 * @property {'1.0' | '1.1'} [version]
 * @property {readonly string[]} [fields]
 * @property {string} [target] instead of `/make/<id>?…`
 * @property {import('./plan.mjs').Answer} [answer]
 */

const COOKIE_BYTES_MAX = 4000;
const CHUNK_BYTES = 16_384;
const CONTINUE_MS = 1000;
const ANSWER_TIMEOUT_MS = 30_000;

/** One request as it goes over the wire. */
export class Asked {
  /** @type {Truth} */
  truth;
  /** Resolves when it is answered, or never will be. @type {Promise<Truth>} */
  answered;
  /** @type {Buffer} */
  head;
  /** @type {readonly Buffer[]} */
  body;
  /** @type {() => void} */
  #resolve = () => {};
  isDone = false;

  /** @param {string} id @param {string} traceId @param {Request} request */
  constructor(id, traceId, request) {
    const {
      method = 'GET',
      head = 0,
      body = 0,
      chunked = false,
      version = '1.1',
      close,
      expect,
      answer = {},
    } = request;
    const query = toQuery(answer);
    const target = request.target ?? (query === '' ? `/make/${id}` : `/make/${id}?${query}`);
    const cookie = Math.min(head, COOKIE_BYTES_MAX);
    const fields = [
      'Host: field.test',
      ...(cookie > 0 ? [`Cookie: session=${'c'.repeat(cookie)}`] : []),
      ...padding(head - cookie, 'X-Pad'),
      ...(request.fields ?? []),
      ...(chunked ? ['Transfer-Encoding: chunked'] : body > 0 || method === 'POST' ? [`Content-Length: ${body}`] : []),
      ...(expect ? ['Expect: 100-continue'] : []),
      ...(close ? ['Connection: close'] : []),
      `traceparent: 00-${traceId}-00f067aa0ba902b7-01`,
    ];
    this.head = Buffer.from(`${method} ${target} HTTP/${version}\r\n${fields.join('\r\n')}\r\n\r\n`, 'latin1');
    this.body = bodyOf(body, chunked);
    const [path = '', ...rest] = target.split('?');
    this.truth = {
      id,
      port: 0,
      method,
      path,
      query: rest.join('?'),
      traceId,
      status: 0,
      sendNs: 0,
      sentNs: 0,
      firstByteNs: 0,
      endNs: 0,
      lagNs: 0,
      requestBody: chunked ? [body, undefined] : [body],
      responseBody: [undefined],
      errors: [undefined],
    };
    this.answered = new Promise((resolve) => {
      this.#resolve = () => resolve(this.truth);
    });
  }

  get bytes() {
    return Buffer.concat([this.head, ...this.body]);
  }

  done() {
    this.isDone = true;
    this.#resolve();
  }
}

/** @param {number} bytes @param {boolean} chunked */
function bodyOf(bytes, chunked) {
  if (!chunked) return bytes === 0 ? [] : [Buffer.alloc(bytes, 97)];
  const pieces = [];
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
    const size = Math.min(left, CHUNK_BYTES);
    pieces.push(Buffer.from(`${size.toString(16)}\r\n`), Buffer.alloc(size, 97), Buffer.from('\r\n'));
  }
  return [...pieces, Buffer.from('0\r\n\r\n')];
}

/** One connection, of which every byte is ours. */
export class Line {
  #socket;
  #port;
  /** Sent and not answered, oldest first. @type {Asked[]} */
  #due = [];
  #reader;
  #status = 0;
  #closes = false;
  #isChunked = false;
  isOver = false;
  isReset = false;
  /** Resolves with each 100 Continue. */
  #onContinue = () => {};

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    this.#port = socket.localPort ?? 0;
    this.#reader = new MessageReader({ onHead: (head) => this.#onHead(head), onEnd: () => this.#onEnd() });
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('end', () => this.#end());
    socket.on('error', () => {});
    socket.on('close', () => this.#end());
  }

  /** @param {number} port @param {string} [host] */
  static async open(port, host = '127.0.0.1') {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
    await once(socket, 'connect');
    return new Line(socket);
  }

  /** Whether another request may be sent. */
  get isUsable() {
    return !this.isOver && !this.#closes && this.#socket.writable;
  }

  /** Sends whole requests in one call. @param {readonly Asked[]} asked */
  send(...asked) {
    this.#begin(asked, () => this.#socket.write(Buffer.concat(asked.map((one) => one.bytes))));
  }

  /** Sends head and body in these pieces, a call each, with pauses. @param {Asked} asked @param {readonly Buffer[]} pieces @param {number} gapMs */
  async trickle(asked, pieces, gapMs) {
    this.#begin([asked], () => this.#socket.write(pieces[0] ?? Buffer.alloc(0)));
    for (const piece of pieces.slice(1)) {
      if (gapMs > 0) await pause(gapMs);
      if (!this.#socket.writable) return;
      this.#socket.write(piece);
    }
  }

  /** Sends the head, and the body when the server says so. @param {Asked} asked */
  async expect(asked) {
    const continued = new Promise((/** @type {(value: void) => void} */ resolve) => {
      this.#onContinue = resolve;
    });
    this.#begin([asked], () => this.#socket.write(asked.head));
    // A server may say nothing and wait for the body (RFC 9110 §10.1.1).
    await Promise.race([continued, asked.answered, pause(CONTINUE_MS)]);
    if (!asked.isDone) for (const piece of asked.body) this.#socket.write(piece);
  }

  /** Bytes that belong to no request. @param {string} text */
  raw(text) {
    this.#socket.write(text, 'latin1');
  }

  /** Sends and waits for the answer. @param {Asked} asked */
  async ask(asked) {
    this.send(asked);
    return await this.answered(asked);
  }

  /** @param {Asked} asked */
  async answered(asked) {
    const timer = setTimeout(() => this.#socket.destroy(new Error('no answer')), ANSWER_TIMEOUT_MS);
    try {
      return await asked.answered;
    } finally {
      clearTimeout(timer);
    }
  }

  half() {
    this.#socket.end();
  }

  reset() {
    this.isReset = true;
    this.#socket.resetAndDestroy();
  }

  async close() {
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }

  /** Resolves when the other side has ended. */
  async over() {
    if (!this.isOver) await Promise.race([once(this.#socket, 'end'), once(this.#socket, 'close')]);
  }

  /** @param {readonly Asked[]} asked @param {() => void} write */
  #begin(asked, write) {
    if (this.isOver) {
      // What cannot be sent any more is no request.
      for (const one of asked) one.done();
      return;
    }
    this.#due.push(...asked);
    const sendNs = nowNs();
    write();
    const sentNs = nowNs();
    for (const { truth } of asked) Object.assign(truth, { port: this.#port, sendNs, sentNs });
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    const at = nowNs();
    const first = this.#due[0];
    if (first !== undefined) stamp(first.truth, at);
    this.#atNs = at;
    this.#reader.take(bytes);
  }
  #atNs = 0;

  /** @param {import('./wire.mjs').Head} head @returns {number | 'none' | 'chunked' | 'close'} */
  #onHead(head) {
    this.#status = Number(head.first.split(' ')[1]);
    if (this.#status < 200 && this.#status !== 101) return 'none';
    const asked = this.#due[0];
    if (asked === undefined) return framingOf(head, 'close');
    stamp(asked.truth, this.#atNs);
    asked.truth.status = this.#status;
    this.#isChunked = framingOf(head, 'close') === 'chunked';
    this.#closes =
      /close/i.test(head.fields.get('connection') ?? '') ||
      (head.first.startsWith('HTTP/1.0') && !/keep-alive/i.test(head.fields.get('connection') ?? ''));
    const isBodiless = asked.truth.method === 'HEAD' || [101, 204, 304].includes(this.#status);
    return isBodiless || (asked.truth.method === 'CONNECT' && this.#status < 300) ? 'none' : framingOf(head, 'close');
  }

  #onEnd() {
    if (this.#status < 200 && this.#status !== 101) return this.#onContinue();
    const asked = this.#due.shift();
    if (asked === undefined) return;
    asked.truth.responseBody = this.#isChunked ? [this.#reader.bodyBytes, undefined] : [this.#reader.bodyBytes];
    asked.done();
  }

  #end() {
    if (this.isOver) return;
    this.isOver = true;
    this.#reader.end();
    for (const asked of this.#due.splice(0)) {
      const { truth } = asked;
      truth.errors = [truth.status === 0 ? 'connection_closed' : 'response_truncated'];
      truth.responseBody = truth.status === 0 ? [0, undefined] : [this.#reader.bodyBytes, undefined];
      if (truth.status === 0) truth.endNs = nowNs();
      // What was sent behind an answer that said it is the last need not have been read.
      if (truth.status === 0 && this.#closes) truth.mayVanish = true;
      asked.done();
    }
    if (!this.#socket.destroyed) this.#socket.end();
  }
}

/** @param {Truth} truth @param {number} at */
function stamp(truth, at) {
  truth.firstByteNs ||= at;
  truth.endNs = at;
}

/** What a profile talks with: it makes requests and opens connections, and keeps the log of all it asked. */
export class Talk {
  /** @type {Asked[]} */
  asked = [];
  /** What was said beside requests, and may be counted. */
  strange = 0;
  #name;
  #port;
  #host;
  #count = 0;
  /** @type {Line[]} */
  #lines = [];

  /** @param {string} name begins every id @param {number} port @param {string} [host] */
  constructor(name, port, host) {
    this.#name = name;
    this.#port = port;
    this.#host = host;
  }

  async open() {
    const line = await Line.open(this.#port, this.#host);
    this.#lines.push(line);
    return line;
  }

  async abandon() {
    await Promise.all(this.#lines.map((line) => line.close()));
  }

  /** @param {Request} request */
  make(request) {
    const id = `${this.#name}-${this.#count++}`;
    const traceId = Buffer.from(id.padEnd(16, '.').slice(-16)).toString('hex');
    const asked = new Asked(id, traceId, request);
    this.asked.push(asked);
    return asked;
  }

  /** Requests one after another, over one connection as long as the server keeps it. @param {Iterable<Request>} requests */
  async lane(requests) {
    let line = await this.open();
    for (const request of requests) {
      if (!line.isUsable) {
        await line.close();
        line = await this.open();
      }
      await line.ask(this.make(request));
    }
    await line.close();
  }

  /** @returns {Truth[]} */
  get truths() {
    return this.asked.filter(({ truth }) => truth.sendNs > 0).map(({ truth }) => truth);
  }
}

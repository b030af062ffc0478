// An HTTP/1 server that answers as its targets say, byte by byte: what ordinary servers do now and then, at will. Prints `READY <port>`, and
// `READ` when it has read a body that it did not wait for.
//
//   node odd-server.mjs
import { createServer } from 'node:net';

/** As many fields as a server with policies sets: the head is longer than what is captured of a short one. */
const POLICIES = Array.from(
  { length: 14 },
  (_, index) => `x-policy-${index}: ${'default-src self; '.repeat(3)}\r\n`,
).join('');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What is received, as it is asked for. */
class Reader {
  #buffer = Buffer.alloc(0);
  #wake = () => {};
  isEnded = false;

  constructor(socket) {
    socket.on('data', (data) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      this.#wake();
    });
    for (const event of ['end', 'error', 'close']) {
      socket.on(event, () => {
        this.isEnded = true;
        this.#wake();
      });
    }
  }

  async #more() {
    await new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Up to and with `mark`; undefined where the connection ends before. */
  async until(mark) {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      if (at >= 0) return this.#take(at + mark.length).toString('latin1');
      if (this.isEnded) return undefined;
      await this.#more();
    }
  }

  async skip(bytes) {
    for (let left = bytes; left > 0; ) {
      if (this.#buffer.length === 0) {
        if (this.isEnded) return;
        await this.#more();
      }
      left -= this.#take(Math.min(left, this.#buffer.length)).length;
    }
  }

  #take(bytes) {
    const taken = this.#buffer.subarray(0, bytes);
    this.#buffer = this.#buffer.subarray(bytes);
    return taken;
  }
}

async function skipBody(reader, head) {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return await reader.skip(Number(length));
  if (!/^transfer-encoding: *chunked/im.test(head)) return;
  for (;;) {
    const size = Number.parseInt((await reader.until('\r\n')) ?? '0', 16);
    await reader.skip(size + 2);
    if (size === 0) return;
  }
}

async function answer(socket, reader, head) {
  const [method, target] = head.split(' ');
  const url = new URL(target, 'http://server');
  const ms = Number(url.searchParams.get('ms') ?? 0);
  const fields = url.searchParams.has('long') ? POLICIES : '';
  const ok = (rest) => `HTTP/1.1 200 OK\r\n${fields}${rest}`;
  const whole = ok(`Content-Length: 5\r\n\r\n${method === 'HEAD' ? '' : 'hello'}`);
  switch (url.pathname) {
    case '/tokens':
      socket.write(ok('Transfer-Encoding: chunked\r\n\r\n'));
      for (let index = 0; index < 5; index++) {
        await sleep(ms / 5);
        socket.write('5\r\ntoken\r\n');
      }
      return socket.write('0\r\n\r\n');
    case '/late':
      socket.write(ok('Content-Length: 5\r\n\r\n'));
      await sleep(ms);
      return socket.write('hello');
    case '/broken':
      socket.write(ok('Content-Length: 500\r\n\r\nhel'));
      await sleep(ms);
      return socket.end();
    case '/reset':
      socket.write(ok('Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'));
      await sleep(ms);
      return socket.resetAndDestroy();
    case '/until-close':
      socket.write(`HTTP/1.0 200 OK\r\n${fields}\r\nhel`);
      await sleep(ms);
      return socket.end('lo');
    case '/early':
      // Before the body, which is read all the same.
      socket.write(`HTTP/1.1 401 Unauthorized\r\n${fields}Content-Length: 2\r\n\r\nno`);
      await skipBody(reader, head);
      process.stdout.write('READ\n');
      return;
    case '/continue':
      await sleep(ms);
      socket.write(`HTTP/1.1 100 Continue\r\n\r\n`);
      await skipBody(reader, head);
      return socket.write(whole);
    case '/hints':
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n');
      await sleep(ms);
      return socket.write(whole);
    case '/trickle':
      for (const byte of whole) {
        socket.write(byte);
        await sleep(0);
      }
      return;
    case '/close':
      return socket.end(ok('Connection: close\r\nContent-Length: 5\r\n\r\nhello'));
    case '/none':
      return socket.write(`HTTP/1.1 204 No Content\r\n${fields}\r\n`);
    case '/unmodified':
      return socket.write(`HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n${fields}\r\n`);
    default:
      await skipBody(reader, head);
      await sleep(ms);
      return socket.write(whole);
  }
}

async function serve(socket) {
  const reader = new Reader(socket.setNoDelay(true));
  for (;;) {
    const head = await reader.until('\r\n\r\n');
    if (head === undefined || socket.destroyed) break;
    await answer(socket, reader, head);
  }
  socket.end();
}

const server = createServer({ allowHalfOpen: true }, serve);
server.listen(0, '127.0.0.1', () => process.stdout.write(`READY ${server.address().port}\n`));
process.once('SIGTERM', () => process.exit(0));

// An ordinary Node HTTP server that knows nothing of tracing. Every answer says in `x-handler-ns` how long its handler ran,
// on CLOCK_MONOTONIC, so that a test can compare. Prints `READY <port>` when it listens.
//
//   node node-server.mjs [--port N] [--host A] [--tls CERT KEY] [--listen-on-stdin] [--half-open] [any other word, for tests that look for it]
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const HELLO = 'hello';

function option(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
}

function send(response, startNs, status, body = '', headers = {}) {
  response.writeHead(status, {
    ...(status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...headers,
    'x-handler-ns': String(process.hrtime.bigint() - startNs),
  });
  response.end(body);
}

function spin(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function sendChunked(response, pieces) {
  response.writeHead(200, { 'transfer-encoding': 'chunked' });
  const next = (left) => {
    if (left === 0) {
      response.end();
      return;
    }
    response.write('x'.repeat(1000));
    setImmediate(next, left - 1);
  };
  next(pieces);
}

/** As frameworks do that set many fields: the first write carries the head in a buffer of its own, the end the last chunk. */
function sendWritten(response, fields) {
  for (let field = 0; field < fields; field++) response.setHeader(`x-field-${field}`, `policy ${field}`);
  response.write('first ');
  response.end('second');
}

function answer(request, response) {
  const startNs = process.hrtime.bigint();
  const url = new URL(request.url, 'http://server');
  const [, route, parameter] = url.pathname.split('/');
  switch (route) {
    case 'hello':
      return send(response, startNs, 200, HELLO);
    case 'users':
      return send(response, startNs, 200, JSON.stringify({ id: parameter }), { 'content-type': 'application/json' });
    case 'status':
      return send(response, startNs, Number(parameter), parameter === '204' || parameter === '304' ? '' : parameter);
    case 'slow':
      return setTimeout(send, Number(url.searchParams.get('ms') ?? 20), response, startNs, 200, HELLO);
    case 'block':
      spin(Number(url.searchParams.get('ms') ?? 50));
      return send(response, startNs, 200, HELLO);
    case 'chunked':
      return sendChunked(response, Number(url.searchParams.get('pieces') ?? 5));
    case 'long-head':
      return send(response, startNs, 200, HELLO, { 'x-policy': 'p'.repeat(Number(parameter)) });
    case 'written':
      return sendWritten(response, Number(url.searchParams.get('fields') ?? 0));
    case 'big':
      return send(response, startNs, 200, Buffer.alloc(Number(url.searchParams.get('bytes') ?? 1_000_000), 'x'));
    case 'half':
      // Promises more than it sends, then drops the connection.
      response.writeHead(200, { 'content-length': 1000 });
      return response.write('x'.repeat(100), () => response.socket.destroy());
    case 'echo':
      return echo(request, response, startNs);
    default:
      return send(response, startNs, 404, 'no such route');
  }
}

function echo(request, response, startNs) {
  let bytes = 0;
  request.on('data', (chunk) => {
    bytes += chunk.length;
  });
  request.on('end', () => send(response, startNs, 200, String(bytes)));
}

function upgrade(request, socket) {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  // What follows is not HTTP; it is sent back as it came.
  socket.pipe(socket);
}

function create() {
  const options = { keepAliveTimeout: 60_000 };
  const at = process.argv.indexOf('--tls');
  if (at < 0) return createServer(options, answer);
  const [cert, key] = process.argv.slice(at + 1, at + 3).map((path) => readFileSync(path));
  return createTlsServer({ ...options, cert, key }, answer);
}

const server = create();
server.on('upgrade', upgrade);
// Whether a client may end its side and still wait for its answer.
server.httpAllowHalfOpen = process.argv.includes('--half-open');

function listen() {
  server.listen({ port: Number(option('port', '0')), host: option('host', '127.0.0.1'), backlog: 1024 }, () => {
    process.stdout.write(`READY ${server.address().port}\n`);
  });
}

if (process.argv.includes('--listen-on-stdin')) {
  process.stdout.write('WAITING\n');
  process.stdin.once('data', listen);
} else {
  listen();
}
process.once('SIGTERM', () => process.exit(0));

// An ordinary Node program that speaks HTTP/2 and knows nothing of tracing.
//
//   node node-http2.mjs serve [CERT KEY]   Prints `READY <port>` when it listens; with TLS where it has a certificate.
//   node node-http2.mjs ask PORT [CA]      Prints `READY <port>`; each line on its standard input, `METHOD path bytes`, is a request, all on one
//                                          connection that the first one makes, with TLS where it has an authority. Prints `DONE path` for each.
//
// Requests and responses carry `authorization` and `set-cookie`, whose values have the word "swordfish" in them.
//
// A path that begins with `/grpc.` is a call of gRPC. In a path, `/status/N` answers with that status (or, for gRPC, `grpc-status`), `/bytes/N`
// with so many bytes, `/slow/N` after so many milliseconds.
import { readFileSync } from 'node:fs';
import { connect, constants, createSecureServer, createServer } from 'node:http2';
import { createInterface } from 'node:readline';

const GRPC = 'application/grpc';

function numberIn(path, name, fallback) {
  const found = new RegExp(`/${name}/(\\d+)`).exec(path);
  return found === null ? fallback : Number(found[1]);
}

function message(bytes) {
  const body = Buffer.alloc(bytes + 5, 'm');
  body[0] = 0;
  body.writeUInt32BE(bytes, 1);
  return body;
}

function answer(stream, path) {
  const bytes = numberIn(path, 'bytes', 5);
  if (stream.closed) return;
  if (!path.startsWith('/grpc.')) {
    stream.respond({
      ':status': numberIn(path, 'status', 200),
      'content-type': 'text/plain',
      'set-cookie': 'session=swordfish; HttpOnly',
    });
    stream.end('x'.repeat(bytes));
    return;
  }
  stream.respond({ ':status': 200, 'content-type': GRPC }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(numberIn(path, 'status', 0)) }));
  stream.end(message(bytes));
}

function serve(files) {
  const [cert, key] = files.map((path) => readFileSync(path));
  const server = cert === undefined ? createServer() : createSecureServer({ cert, key });
  server.on('stream', (stream, headers) => {
    const path = headers[':path'];
    stream.on('error', () => undefined);
    stream.resume();
    stream.on('end', () => setTimeout(answer, numberIn(path, 'slow', 0), stream, path));
  });
  server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));
}

function ask(port, file) {
  let session;
  console.log(`READY ${port}`);
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [method, path, bytes] = line.split(' ');
    const isGrpc = path.startsWith('/grpc.');
    session ??=
      file === undefined
        ? connect(`http://127.0.0.1:${port}`)
        : connect(`https://127.0.0.1:${port}`, { ca: readFileSync(file) });
    const body = isGrpc ? message(Number(bytes)) : Buffer.alloc(Number(bytes), 'y');
    const head = {
      ':method': method,
      ':path': path,
      'user-agent': 'node-http2/1',
      authorization: 'Bearer swordfish',
      ...(isGrpc ? { 'content-type': GRPC, te: 'trailers' } : {}),
    };
    const stream = session.request(head, { endStream: body.length === 0 });
    stream.on('error', () => undefined);
    stream.on('close', () => console.log(`DONE ${path}`));
    stream.resume();
    if (path.includes('/cancelled/')) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 50);
    if (body.length > 0) stream.end(body);
  });
}

const [verb, ...rest] = process.argv.slice(2);
if (verb === 'serve') serve(rest);
else ask(Number(rest[0]), rest[1]);

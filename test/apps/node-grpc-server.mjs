// A server that answers every request like a unary method of gRPC: one message, and its status in trailers. Needs no package.
// Prints `READY <port>` when it listens.
//
//   node node-grpc-server.mjs [--tls CERT KEY]
import { readFileSync } from 'node:fs';
import { createSecureServer, createServer } from 'node:http2';

/** A message of 20 bytes, uncompressed, behind its length. */
const MESSAGE = Buffer.concat([Buffer.from([0, 0, 0, 0, 20]), Buffer.alloc(20, 1)]);
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };

const at = process.argv.indexOf('--tls');
const [cert, key] = at < 0 ? [] : process.argv.slice(at + 1, at + 3).map((path) => readFileSync(path));
const server = at < 0 ? createServer() : createSecureServer({ cert, key });
server.on('stream', (stream) => {
  stream.resume();
  stream.on('error', () => {});
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.once('end', () => {
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.end(MESSAGE);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  process.stdout.write(`READY ${server.address().port}\n`);
});
process.once('SIGTERM', () => process.exit(0));

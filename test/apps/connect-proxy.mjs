// A forward proxy that knows nothing of tracing: CONNECT only, for any port of this machine. Prints `READY <port>` when it listens.
//
//   node connect-proxy.mjs [--tls CERT KEY]
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';

const [, , tls, cert, key] = process.argv;
const server = tls === '--tls' ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }) : createServer();
server.on('connect', (request, socket, head) => {
  const upstream = connect(Number(request.url.split(':')[1]), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('error', () => upstream.destroy());
});
server.listen(0, '127.0.0.1', () => console.log(`READY ${server.address().port}`));

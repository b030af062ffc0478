// A server of several protocols that knows nothing of tracing. Prints `READY <HTTP port>` when it listens.
//
//   node secrets-server.mjs PORT-OF-THE-OTHERS --password=…
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

const web = createServer((request, response) => {
  request.resume().once('end', () => {
    const say = request.headers['x-say'];
    response.writeHead(200, { 'Set-Cookie': request.headers.cookie ?? 'none', 'Content-Type': 'text/plain' });
    response.end(say);
  });
});
web.on('upgrade', (request, socket) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  // A frame without a mask, as servers send them.
  socket.on('data', (frame) => socket.write(Buffer.concat([Buffer.of(0x81, frame.length - 6), frame.subarray(6)])));
});
/** Answers whatever it is told, as Redis and PostgreSQL do. */
const other = createTcpServer((socket) => socket.on('data', () => socket.write('+OK\r\n')));

await once(other.listen(Number(process.argv[2]), '127.0.0.1'), 'listening');
await once(web.listen(0, '127.0.0.1'), 'listening');
console.log(`READY ${web.address().port}`);

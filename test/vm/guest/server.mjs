// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';

const body = Buffer.alloc(2500, 'b');

/** The forms of response that matter to a parser, over HTTP/1, TLS and HTTP/2; prints the ports. */
function answer(request, response) {
  const path = request.url.split('?')[0];
  if (path === '/hello') response.end('hello');
  else if (path === '/empty') response.writeHead(204).end();
  else if (path === '/error') response.writeHead(500).end('no');
  else if (path === '/large') response.end(body);
  else if (path === '/chunked') {
    response.write('one');
    setImmediate(() => response.end('two'));
  } else if (path === '/upload') {
    request.resume();
    request.once('end', () => response.writeHead(201).end('stored'));
  } else response.writeHead(404).end('nothing here');
}

const tls = { cert: readFileSync('/etc/cert.pem'), key: readFileSync('/etc/key.pem') };
const servers = [createServer(answer), createTlsServer(tls, answer), createHttp2Server(answer)];
for (const server of servers) {
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
console.log(servers.map((server) => server.address().port).join(' '));

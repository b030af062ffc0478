// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';

const body = Buffer.alloc(2500, 'b');

/** A plain HTTP server with the forms of response that matter to a parser; prints its port. */
const server = createServer((request, response) => {
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
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

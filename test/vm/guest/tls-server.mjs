// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:https';

/** An HTTPS server that needs no certificate: both sides know a key. Prints its port. */
const pskCallback = () => Buffer.from('guest');
const server = createServer({ pskCallback, ciphers: 'PSK+HIGH', maxVersion: 'TLSv1.2' }, (request, response) =>
  response.end(request.url),
);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

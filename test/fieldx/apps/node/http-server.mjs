// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { createServer } from 'node:http';
import { answer } from './answer.mjs';

const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy());
});
// Else a client that half-closes is not answered.
if (process.argv.includes('half-open')) Object.assign(server, { httpAllowHalfOpen: true });
server.listen(Number(process.argv[2]), process.argv[3], () => console.log('READY'));

// Requests over HTTPS, each on a connection of its own, so that each is written while the handshake is still under way.
//
//   node fresh-https-client.mjs PORT
// Prints READY; for the number N on standard input it sends N requests, /fresh/0 and so on, and prints DONE.
import { get } from 'node:https';
import { createInterface } from 'node:readline';

const port = Number(process.argv[2]);

const ask = (path) =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path, agent: false, rejectUnauthorized: false }, (response) => {
      response.resume();
      response.on('end', resolve);
    }).on('error', reject);
  });

console.log(`READY ${port}`);
for await (const line of createInterface({ input: process.stdin })) {
  for (let number = 0; number < Number(line); number++) await ask(`/fresh/${number}`);
  console.log('DONE');
}

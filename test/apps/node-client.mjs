// An ordinary program that makes HTTP requests with Node's own client. Reads `PORT COUNT [BYTES]` lines, answers each with `DONE`. With BYTES the
// requests have bodies, and each has a query of its own.
//
//   node node-client.mjs
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';

const agent = new Agent({ keepAlive: true, maxSockets: 2 });

function ask(port, path, body) {
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, path, method }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

process.stdout.write('READY 0\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [port, count, bytes] = line.split(' ').map(Number);
  const requests = Array.from({ length: count }, (_, index) => {
    if (bytes !== undefined) return ask(port, `/echo?${bytes}-${index}`, Buffer.alloc(bytes, 'x'));
    return ask(port, index % 2 ? '/status/404' : `/users/${index}`);
  });
  await Promise.all(requests);
  process.stdout.write('DONE\n');
}
agent.destroy();

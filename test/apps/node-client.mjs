// An ordinary program that makes HTTP requests with Node's own client. Reads `PORT COUNT` lines, answers each with `DONE`.
//
//   node node-client.mjs
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';

const agent = new Agent({ keepAlive: true, maxSockets: 2 });

function get(port, path) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, path }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

process.stdout.write('READY 0\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [port, count] = line.split(' ').map(Number);
  const requests = Array.from({ length: count }, (_, index) =>
    get(port, index % 2 ? '/status/404' : `/users/${index}`),
  );
  await Promise.all(requests);
  process.stdout.write('DONE\n');
}
agent.destroy();

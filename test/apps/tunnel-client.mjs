// A program that makes requests through a proxy, with Node's own clients. Each line on its standard input is `PROXY-PORT PORT COUNT [CA]`: so many GETs
// on one tunnel, HTTPS where there is an authority. Answers each with `DONE`.
//
//   node tunnel-client.mjs
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { connect as tlsConnect } from 'node:tls';

function open(proxyPort, port) {
  return new Promise((resolve, reject) => {
    const connecting = request({ host: '127.0.0.1', port: proxyPort, method: 'CONNECT', path: `127.0.0.1:${port}` });
    connecting.once('connect', (_response, socket) => resolve(socket)).once('error', reject);
    connecting.end();
  });
}

function get(send, agent, path) {
  return new Promise((resolve, reject) => {
    const outgoing = send({ agent, host: '127.0.0.1', path }, (response) => response.resume().once('end', resolve));
    outgoing.once('error', reject).end();
  });
}

process.stdout.write('READY 0\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [proxyPort, port, count, ca] = line.split(' ');
  const socket = await open(Number(proxyPort), Number(port));
  const inner = ca === undefined ? socket : tlsConnect({ socket, host: '127.0.0.1', ca: readFileSync(ca) });
  if (ca !== undefined) await once(inner, 'secureConnect');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => inner;
  agent.protocol = ca === undefined ? 'http:' : 'https:';
  for (let n = 0; n < Number(count); n++) await get(ca === undefined ? request : tlsRequest, agent, `/users/${n}`);
  agent.destroy();
  process.stdout.write('DONE\n');
}

// A program that makes requests through a proxy, with Node's own clients. Each line on its standard input is `PROXY-PORT PORT COUNT [CA [tls]]`: so many
// GETs on one tunnel, HTTPS where there is an authority; with `tls` the proxy speaks TLS, too; with
// `- h2` they are HTTP/2 in the clear. Answers each with `DONE`.
//
//   node tunnel-client.mjs
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { request as tlsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { connect as tlsConnect } from 'node:tls';

function open(proxyPort, port, ca) {
  return new Promise((resolve, reject) => {
    const send = ca === undefined ? request : tlsRequest;
    const connecting = send({
      host: '127.0.0.1',
      port: proxyPort,
      method: 'CONNECT',
      path: `127.0.0.1:${port}`,
      ca,
      agent: false,
    });
    connecting
      .once('connect', (_response, socket, head) => {
        // What the other end has said by then came with the answer.
        socket.unshift(head);
        resolve(socket);
      })
      .once('error', reject);
    connecting.end();
  });
}

function get(send, agent, path) {
  return new Promise((resolve, reject) => {
    const outgoing = send({ agent, host: '127.0.0.1', path }, (response) => response.resume().once('end', resolve));
    outgoing.once('error', reject).end();
  });
}

/** GETs one by one over HTTP/2. */
async function getOverHttp2(socket, count) {
  const session = http2Connect('http://127.0.0.1', { createConnection: () => socket });
  for (let n = 0; n < count; n++) await once(session.request({ ':path': `/users/${n}` }).resume(), 'close');
  session.close();
}

process.stdout.write('READY 0\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [proxyPort, port, count, authority, inside] = line.split(' ');
  const ca = authority === '-' ? undefined : authority;
  const socket = await open(Number(proxyPort), Number(port), inside === 'tls' ? readFileSync(ca) : undefined);
  if (inside === 'h2') {
    await getOverHttp2(socket, Number(count));
    process.stdout.write('DONE\n');
    continue;
  }
  const inner = ca === undefined ? socket : tlsConnect({ socket, host: '127.0.0.1', ca: readFileSync(ca) });
  if (ca !== undefined) await once(inner, 'secureConnect');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => inner;
  agent.protocol = ca === undefined ? 'http:' : 'https:';
  for (let n = 0; n < Number(count); n++) await get(ca === undefined ? request : tlsRequest, agent, `/users/${n}`);
  agent.destroy();
  process.stdout.write('DONE\n');
}

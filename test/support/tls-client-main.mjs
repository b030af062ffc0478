// An HTTP/1.1 client over TLS that logs, in its own clock, what it sent and got: one JSON line per request, as truth-client does for plain
// HTTP. `{port}` in a target is the client's own port, `{n}` the number of the request on its connection.
//
//   node tls-client-main.mjs '{"port":1,"targets":["GET /users/{port}-{n}"],"connections":8,"requests":250,"renew":50,"slow":true}'
import { once } from 'node:events';
import { connect } from 'node:tls';

const {
  port,
  targets,
  connections = 1,
  requests = 1,
  renew = requests,
  slow = false,
  burst = false,
  stoppable = false,
} = JSON.parse(process.argv[2]);
const now = () => Number(process.hrtime.bigint());
const log = [];

let isStopped = false;
if (stoppable) {
  process.stdin.resume().once('end', () => {
    isStopped = true;
  });
}
let arrive = () => {};
const everybodyIsThere = new Promise((resolve) => {
  let missing = connections;
  arrive = () => {
    missing -= 1;
    if (missing === 0) resolve();
  };
});
await Promise.all(Array.from({ length: connections }, (_, connection) => run(connection)));
process.stdout.write(log.map((record) => `${JSON.stringify(record)}\n`).join(''));

async function run(connection) {
  for (let begun = 0; begun < requests && !isStopped; begun += renew) {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
    socket.setNoDelay(true);
    await once(socket, 'secureConnect');
    arrive();
    if (burst) await everybodyIsThere;
    for (let number = begun; number < Math.min(begun + renew, requests) && !isStopped; number++) {
      await request(socket, connection, number);
    }
    socket.end();
    await once(socket, 'close');
  }
}

async function request(socket, connection, number) {
  const [method, target, size = '0'] = targets[(connection + number) % targets.length].split(' ');
  const path = target.replace('{port}', socket.localPort).replace('{n}', `${number}`);
  const sentBody = Number(size);
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${sentBody ? `content-length: ${sentBody}\r\n` : ''}\r\n`;
  const sendNs = now();
  socket.write(head + 'x'.repeat(sentBody));
  const answer = await response(socket, method);
  log.push({ connection, port: socket.localPort, number, method, path, sendNs, sentBody, ...answer });
}

/** Reads one response; a slow client takes a rest after each piece. */
function response(socket, method) {
  return new Promise((resolve, reject) => {
    let text = '';
    let firstByteNs = 0;
    const finish = (outcome) => {
      socket.off('data', onData);
      socket.off('close', onClose);
      outcome();
    };
    const onClose = () => finish(() => reject(new Error(`closed after ${text.length} bytes of an answer`)));
    const onData = (data) => {
      firstByteNs ||= now();
      text += data.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const head = text.slice(0, end);
      const status = Number(head.slice(9, 12));
      const bodiless = method === 'HEAD' || status === 204;
      const receivedBody = bodiless ? 0 : Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (end >= 0 && text.length >= end + 4 + receivedBody) {
        const handlerNs = Number(/x-handler-ns: (\d+)/i.exec(head)?.[1] ?? 0);
        finish(() => resolve({ status, firstByteNs, endNs: now(), handlerNs, receivedBody }));
      } else if (slow) {
        socket.pause();
        setTimeout(() => socket.resume(), 1);
      }
    };
    socket.on('data', onData);
    socket.on('close', onClose);
  });
}

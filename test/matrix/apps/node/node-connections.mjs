import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { requestOf } from '../../requests.mjs';

const IN_FLIGHT = 4;

/** One kept connection of node:http or node:https. `send(n)` resolves with what was sent and the status of the answer. */
export function http1Connection(url, ca) {
  const { protocol, hostname, port } = new URL(url);
  const module = protocol === 'https:' ? https : http;
  const agent = new module.Agent({ keepAlive: true, maxSockets: 1, ca });
  return {
    inFlight: 1,
    send: (n) =>
      new Promise((resolve, reject) => {
        const { method, path, bodyBytes } = requestOf(n);
        const headers = bodyBytes ? { 'content-length': bodyBytes } : {};
        const request = module.request({ hostname, port, agent, method, path, headers });
        request.on('error', reject);
        request.on('response', (response) => {
          const clientPort = response.socket.localPort;
          response.on('data', () => undefined);
          response.on('error', reject);
          response.on('end', () => resolve({ method, path, status: response.statusCode, port: clientPort }));
        });
        request.end(Buffer.alloc(bodyBytes, 'b'));
      }),
    close: () => agent.destroy(),
  };
}

/** One connection of node:http2. */
export function http2Connection(url, ca) {
  const session = http2.connect(url, { ca });
  const failed = new Promise((_, reject) => session.on('error', reject));
  failed.catch(() => undefined);
  return {
    inFlight: IN_FLIGHT,
    send: (n) => Promise.race([failed, exchange(session, requestOf(n))]),
    close: () => session.destroy(),
  };
}

function exchange(session, { method, path, bodyBytes }) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path }, { endStream: bodyBytes === 0 });
    let status = 0;
    stream.on('response', (headers) => {
      status = headers[':status'];
    });
    stream.on('error', reject);
    stream.on('data', () => undefined);
    stream.on('close', () => resolve({ method, path, status, port: session.socket?.localPort ?? 0 }));
    if (bodyBytes > 0) stream.end(Buffer.alloc(bodyBytes, 'b'));
  });
}

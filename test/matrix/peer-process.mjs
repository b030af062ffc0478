// The other end of every cell: a Node process that is never selected. It serves every column and makes requests in every column, and
// tells what happened as it saw it. Driven by messages of `Peer` (peer.mjs).
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { answerCommands } from '../support/helper-process.mjs';
import { answer } from './apps/node/answer.mjs';
import { callEcho, echoHandlers, echoService } from './apps/node/echo-service.mjs';
import { modulesOf } from './apps/node/modules.mjs';
import { http1Connection, http2Connection } from './apps/node/node-connections.mjs';
import { callOf } from './requests.mjs';

const [certFile, keyFile, caFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
const ca = readFileSync(caFile);
const modules = modulesOf();
const Echo = echoService(modules);
const { Server, ServerCredentials, credentials } = modules.grpc;
const CALLS_IN_FLIGHT = 4;
/** How long the news of a cancelled call may take, or that an answer was written. */
const END_MS = 3000;

/** What the servers here answered. */
let log = [];
/** Requests that were not ended yet. */
let underWay = 0;
/** Connections that had a request before the last `mark`, by column and client port. */
const seen = new Set();
let marked = new Set();

function record(column, port, entry) {
  const key = `${column} ${port}`;
  seen.add(key);
  log.push({ column, port, kept: marked.has(key), ...entry });
}

function logged(column) {
  return (request, response) => {
    const { remotePort } = request.socket;
    const { method, url: path } = request;
    underWay += 1;
    response.on('finish', () => {
      underWay -= 1;
      record(column, remotePort, { method, path, status: response.statusCode });
    });
    answer(request, response);
  };
}

function loggedHandlers(column) {
  const wrap = ([name, handler]) => [
    name,
    (call, done) => {
      const port = Number(/:(\d+)$/.exec(call.getPeer())?.[1]);
      const path = `/matrix.Echo/${name}`;
      let told = false;
      underWay += 1;
      const end = (status) => {
        if (told) return;
        told = true;
        underWay -= 1;
        record(column, port, { method: 'POST', path, status });
      };
      call.on('cancelled', () => end(1));
      call.on('finish', () => end(0));
      handler(call, (error, value) => {
        end(error?.code ?? 0);
        done(error, value);
      });
    },
  ];
  return Object.fromEntries(Object.entries(echoHandlers(modules)).map(wrap));
}

async function listen() {
  const servers = {
    http1: http.createServer({ keepAliveTimeout: 60_000 }, logged('http1')),
    https1: https.createServer({ ...tls, keepAliveTimeout: 60_000 }, logged('https1')),
    h2c: http2.createServer(logged('h2c')),
    h2: http2.createSecureServer(tls, logged('h2')),
  };
  const ports = {};
  for (const [column, server] of Object.entries(servers)) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports[column] = server.address().port;
  }
  const secure = ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.cert }]);
  for (const [column, how] of [
    ['grpc', ServerCredentials.createInsecure()],
    ['grpcs', secure],
  ]) {
    const server = new Server();
    server.addService(Echo.service, loggedHandlers(column));
    ports[column] = await new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', how, (error, port) => (error ? reject(error) : resolve(port)));
    });
  }
  return ports;
}

/** grpc-js does not say from which port it calls; the one socket that was opened meanwhile does. */
async function callConnection(target, secure) {
  const sockets = [];
  const watch = ({ socket }) => sockets.push(socket);
  diagnostics.subscribe('net.client.socket', watch);
  const client = new Echo(target, secure ? credentials.createSsl(ca) : credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  await new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 5000, (error) => (error ? reject(error) : resolve()));
  });
  diagnostics.unsubscribe('net.client.socket', watch);
  const ports = [...new Set(sockets.map((socket) => socket.localPort))];
  if (ports.length !== 1) throw new Error(`gRPC opened ${ports.length} connections`);
  return {
    inFlight: CALLS_IN_FLIGHT,
    async send(n) {
      const { rpc, path } = callOf(n);
      return { method: 'POST', path, status: await callEcho(client, rpc, n), port: ports[0] };
    },
    close: () => client.close(),
  };
}

const connect = {
  http1: (port) => http1Connection(`http://127.0.0.1:${port}`, ca),
  https1: (port) => http1Connection(`https://127.0.0.1:${port}`, ca),
  h2c: (port) => http2Connection(`http://127.0.0.1:${port}`, ca),
  h2: (port) => http2Connection(`https://127.0.0.1:${port}`, ca),
  grpc: (port) => callConnection(`127.0.0.1:${port}`, false),
  grpcs: (port) => callConnection(`127.0.0.1:${port}`, true),
};

/** Open connections by column and port, kept from one `send` to the next. */
const open = new Map();

async function send({ column, port, first, count, connections }) {
  const mine = open.get(`${column} ${port}`) ?? [];
  open.set(`${column} ${port}`, mine);
  while (mine.length < connections) {
    mine.push({ kept: false, used: false, ...(await connect[column](port)) });
  }
  const records = [];
  let next = first;
  const end = first + count;
  const work = async (connection) => {
    connection.used = true;
    while (next < end) {
      const n = next++;
      records.push({ column, n, kept: connection.kept, ...(await connection.send(n)) });
    }
  };
  await Promise.all(
    mine
      .slice(0, connections)
      .flatMap((connection) => Array.from({ length: connection.inFlight }, () => work(connection))),
  );
  return records;
}

const commands = {
  listen,
  send,
  /** From now on a connection that was used before is one that the tracer did not see begin. */
  mark() {
    marked = new Set(seen);
    for (const connection of [...open.values()].flat()) connection.kept = connection.used;
  },
  async take() {
    for (const untilMs = Date.now() + END_MS; underWay > 0 && Date.now() < untilMs; ) await setImmediate();
    const taken = log;
    log = [];
    return taken;
  },
  hangUp() {
    for (const connection of [...open.values()].flat()) connection.close();
    open.clear();
    seen.clear();
    marked.clear();
    log = [];
  },
};

answerCommands(commands);

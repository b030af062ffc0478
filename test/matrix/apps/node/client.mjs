// Makes the requests its standard input asks for, see ../README.md. `stack=` says by what: node (http, https, http2), undici or fetch.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { callOf, requestOf } from '../../requests.mjs';
import { callEcho, echoService } from './echo-service.mjs';
import { argumentsOf, modulesOf } from './modules.mjs';
import { http1Connection, http2Connection } from './node-connections.mjs';

const options = argumentsOf();
const ca = readFileSync(options.ca);
const IN_FLIGHT = 4;

/** Connections by column, kept from one line to the next. */
const kept = new Map();

const connect = {
  node: {
    http1: (url) => http1Connection(url, ca),
    https1: (url) => http1Connection(url, ca),
    h2c: (url) => http2Connection(url, ca),
    h2: (url) => http2Connection(url, ca),
    grpc: (target) => callConnection(target, false),
    grpcs: (target) => callConnection(target, true),
  },
  undici: {
    http1: (url) => undiciConnection(url, {}),
    https1: (url) => undiciConnection(url, {}),
    h2: (url) => undiciConnection(url, { allowH2: true }),
  },
  // One dispatcher for all, as programs that call fetch() have it.
  fetch: { http1: fetchConnection, https1: fetchConnection },
}[options.stack];

function callConnection(target, secure) {
  const modules = modulesOf();
  const Echo = echoService(modules);
  const { credentials } = modules.grpc;
  const client = new Echo(target, secure ? credentials.createSsl(ca) : credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  return { inFlight: IN_FLIGHT, send: (n) => callEcho(client, callOf(n).rpc, n) };
}

function undiciConnection(url, more) {
  const { Client } = modulesOf().require('undici');
  const client = new Client(url, { connect: { ca }, ...more });
  return {
    inFlight: more.allowH2 ? IN_FLIGHT : 1,
    async send(n) {
      const { method, path, bodyBytes } = requestOf(n);
      const { body } = await client.request({
        method,
        path,
        ...(bodyBytes ? { body: Buffer.alloc(bodyBytes, 'b') } : {}),
      });
      await body.dump();
    },
  };
}

function fetchConnection(url) {
  return {
    inFlight: 1,
    async send(n) {
      const { method, path, bodyBytes } = requestOf(n);
      const response = await fetch(`${url}${path}`, {
        method,
        ...(bodyBytes ? { body: Buffer.alloc(bodyBytes, 'b') } : {}),
      });
      await response.arrayBuffer();
    },
  };
}

async function run(line) {
  const [column, url, first, count, connections] = line.split(' ');
  const open = kept.get(column) ?? kept.set(column, []).get(column);
  while (open.length < Number(connections)) open.push(connect[column](url));
  let next = Number(first);
  const end = next + Number(count);
  const work = async (connection) => {
    while (next < end) await connection.send(next++);
  };
  await Promise.all(
    open
      .slice(0, Number(connections))
      .flatMap((connection) => Array.from({ length: connection.inFlight }, () => work(connection))),
  );
  console.log(`DONE ${column}`);
}

console.log('READY');
for await (const line of createInterface({ input: process.stdin })) {
  try {
    await run(line);
  } catch (error) {
    console.log(`FAILED ${line.split(' ')[0]} ${error.cause ?? error}`);
  }
}
process.exit();

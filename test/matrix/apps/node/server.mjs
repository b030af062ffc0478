// Serves what the arguments ask for, see ../README.md.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { answer } from './answer.mjs';
import { echoHandlers, echoService } from './echo-service.mjs';
import { argumentsOf, modulesOf } from './modules.mjs';

const options = argumentsOf();
const tls = { cert: readFileSync(options.cert), key: readFileSync(options.key) };
const servers = {
  http1: () => http.createServer({ keepAliveTimeout: 60_000 }, answer),
  https1: () => https.createServer({ ...tls, keepAliveTimeout: 60_000 }, answer),
  h2c: () => http2.createServer(answer),
  h2: () => http2.createSecureServer(tls, answer),
};

function serveCalls(column) {
  const modules = modulesOf();
  const { Server, ServerCredentials } = modules.grpc;
  const server = new Server();
  server.addService(echoService(modules).service, echoHandlers(modules));
  const pairs = [{ private_key: tls.key, cert_chain: tls.cert }];
  const credentials =
    column === 'grpcs' ? ServerCredentials.createSsl(null, pairs) : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${options[column]}`, credentials, (error) => (error ? reject(error) : resolve()));
  });
}

await Promise.all(
  ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs']
    .filter((column) => column in options)
    .map((column) =>
      column in servers
        ? new Promise((resolve) => servers[column]().listen(Number(options[column]), '127.0.0.1', resolve))
        : serveCalls(column),
    ),
);
console.log('READY');

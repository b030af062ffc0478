// @ts-check
import { fileURLToPath } from 'node:url';
import { npmModules } from '../cache.mjs';
import { commandedClient, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/node/', import.meta.url));

/** The packages of the rows here; the harness's own peer uses them, too. */
export const nodeModules = () =>
  npmModules('node', { '@grpc/grpc-js': '1.14.7', '@grpc/proto-loader': '0.8.1', undici: '7.16.0' });

/** @param {import('../row.mjs').ServerContext} context */
async function startServer({ words }) {
  const env = { MATRIX_MODULES: await nodeModules() };
  return await runProgram(process.execPath, [`${APPS}server.mjs`, ...words], { env });
}

/** @param {string} stack @returns {import('../row.mjs').ClientSide['start']} */
function startClient(stack) {
  return async (context) => {
    const env = { MATRIX_MODULES: await nodeModules(), NODE_EXTRA_CA_CERTS: context.tls.ca };
    const args = [`${APPS}client.mjs`, `stack=${stack}`, ...context.words];
    return commandedClient(await runProgram(process.execPath, args, { env }), context);
  };
}

const noServer = 'it is a client only';

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'node',
    language: 'Node',
    stack: 'http, https, http2, @grpc/grpc-js',
    prepare: nodeModules,
    server: { columns: ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs'], start: startServer },
    client: { columns: ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs'], start: startClient('node') },
    cannot: {},
  },
  {
    id: 'node-undici',
    language: 'Node',
    stack: 'undici',
    prepare: nodeModules,
    client: { columns: ['http1', 'https1', 'h2'], start: startClient('undici') },
    cannot: {
      server: { others: noServer },
      client: { h2c: 'undici speaks HTTP/2 only where TLS negotiates it', grpc: 'no gRPC', grpcs: 'no gRPC' },
    },
  },
  {
    id: 'node-fetch',
    language: 'Node',
    stack: 'fetch()',
    prepare: nodeModules,
    client: { columns: ['http1', 'https1'], start: startClient('fetch') },
    cannot: {
      server: { others: noServer },
      client: {
        h2c: 'fetch() speaks HTTP/1 only',
        h2: 'fetch() speaks HTTP/1 only',
        grpc: 'no gRPC',
        grpcs: 'no gRPC',
      },
    },
  },
];

// @ts-check
import { fileURLToPath } from 'node:url';
import { pythonWith, tool } from '../cache.mjs';
import { commandedClient, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/python/', import.meta.url));
const DEBIAN_PYTHON = '/usr/bin/python3';
const REQUIREMENTS = [
  'aiohttp==3.14.5',
  'Flask==3.1.3',
  'gunicorn==27.0.1',
  'uvicorn==0.54.0',
  'httptools==0.9.0',
  'Hypercorn==0.18.0',
  'grpcio==1.85.1',
  'requests==2.34.2',
  'httpx==0.28.1',
  'h2==4.4.1',
];
const python = () => pythonWith('python', REQUIREMENTS);

/** @param {string} script @returns {import('../row.mjs').ServerSide['start']} */
function server(script) {
  return async ({ words }) => runProgram(await python(), [`${APPS}${script}-server.py`, ...words]);
}

/** @param {string} script @returns {import('../row.mjs').ClientSide['start']} */
function client(script) {
  return async (context) =>
    commandedClient(await runProgram(await python(), [`${APPS}${script}-client.py`, ...context.words]), context);
}

/** gunicorn has one set of certificates for all it listens on: a program for each column. @type {import('../row.mjs').ServerSide['start']} */
async function startGunicorn({ ports, tls, word }) {
  const common = [
    '-m',
    'gunicorn',
    '--chdir',
    APPS,
    '-k',
    'gthread',
    '-w',
    '2',
    '--threads',
    '4',
    '--keep-alive',
    '60',
  ];
  const start = async (/** @type {number} */ port, /** @type {readonly string[]} */ more) => {
    const args = [...common, '-n', word, '-b', `127.0.0.1:${port}`, ...more, 'wsgi:app'];
    return await runProgram(await python(), args, { ready: /Booting worker/, on: 'stderr' });
  };
  return await Promise.all([
    start(ports.http1, []),
    start(ports.https1, ['--certfile', tls.cert, '--keyfile', tls.key]),
  ]);
}

const onlyHttp1 = { others: 'it speaks HTTP/1 only' };
const noGrpc = { grpc: 'it is not a gRPC library', grpcs: 'it is not a gRPC library' };
const onlyGrpc = { others: 'it speaks gRPC only' };
const ownTls = 'the wheel of grpcio has a BoringSSL of its own inside, without symbols';
const onlyServer = { others: 'it is a server only' };
const onlyClient = { others: 'it is a client only' };

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'python',
    language: 'Python',
    stack: 'http.server, http.client',
    prepare: python,
    server: { columns: ['http1', 'https1'], start: server('standard') },
    client: { columns: ['http1', 'https1'], start: client('standard') },
    cannot: { server: onlyHttp1, client: onlyHttp1 },
  },
  {
    id: 'python-gunicorn',
    language: 'Python',
    stack: 'Flask with gunicorn',
    prepare: python,
    server: { columns: ['http1', 'https1'], start: startGunicorn },
    cannot: { server: onlyHttp1, client: onlyServer },
  },
  {
    id: 'python-uvicorn',
    language: 'Python',
    stack: 'uvicorn',
    prepare: python,
    server: { columns: ['http1', 'https1'], start: server('uvicorn') },
    cannot: { server: onlyHttp1, client: onlyServer },
  },
  {
    id: 'python-aiohttp',
    language: 'Python',
    stack: 'aiohttp',
    prepare: python,
    server: { columns: ['http1', 'https1'], start: server('aiohttp') },
    client: { columns: ['http1', 'https1'], start: client('aiohttp') },
    cannot: { server: onlyHttp1, client: onlyHttp1 },
  },
  {
    id: 'python-hypercorn',
    language: 'Python',
    stack: 'hypercorn',
    prepare: python,
    server: { columns: ['http1', 'https1', 'h2c', 'h2'], start: server('hypercorn') },
    cannot: { server: noGrpc, client: onlyServer },
  },
  {
    id: 'python-requests',
    language: 'Python',
    stack: 'requests',
    prepare: python,
    client: { columns: ['http1', 'https1'], start: client('requests') },
    cannot: { server: onlyClient, client: onlyHttp1 },
  },
  {
    id: 'python-httpx',
    language: 'Python',
    stack: 'httpx',
    prepare: python,
    client: { columns: ['http1', 'https1', 'h2c', 'h2'], start: client('httpx') },
    cannot: { server: onlyClient, client: noGrpc },
  },
  {
    id: 'python-grpc',
    language: 'Python',
    stack: 'grpcio',
    prepare: python,
    server: { columns: ['grpc', 'grpcs'], start: server('grpc') },
    client: { columns: ['grpc', 'grpcs'], start: client('grpc') },
    cannot: { server: onlyGrpc, client: onlyGrpc },
    unseen: { server: { grpcs: ownTls }, client: { grpcs: ownTls } },
  },
  {
    id: 'python-grpc-debian',
    language: 'Python',
    stack: 'grpcio of Debian, with OpenSSL',
    prepare: () => tool(DEBIAN_PYTHON, ['-c', 'import grpc']),
    server: {
      columns: ['grpc', 'grpcs'],
      start: ({ words }) => runProgram(DEBIAN_PYTHON, [`${APPS}grpc-server.py`, ...words]),
    },
    client: {
      columns: ['grpc', 'grpcs'],
      start: async (context) =>
        commandedClient(await runProgram(DEBIAN_PYTHON, [`${APPS}grpc-client.py`, ...context.words]), context),
    },
    cannot: { server: onlyGrpc, client: onlyGrpc },
  },
];

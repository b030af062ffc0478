// @ts-check
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apacheConfig } from '../../support/apache-config.mjs';
import { tool } from '../cache.mjs';
import { BIG_BYTES, requestOf } from '../requests.mjs';
import { programsClient, proxyClient, runLogging, runProgram } from '../row.mjs';

/**
 * @typedef {import('../row.mjs').Context} Context
 * @typedef {import('../columns.mjs').ColumnId} ColumnId
 */

const MODULES = [
  'mpm_event',
  'authz_core',
  'rewrite',
  'ssl',
  'socache_shmcb',
  'http2',
  'proxy',
  'proxy_http',
  'proxy_http2',
];
const REWRITES = `RewriteEngine on
  RewriteRule ^/missing/ - [R=404,L]
  RewriteRule ^/fail/ - [R=500,L]
  RewriteRule ^/echo/ - [R=200,L]
  RewriteRule ^/(ok|big)/ /$1.txt [L]`;
/** @type {Readonly<Record<ColumnId, string>>} */
const PROTOCOLS = { http1: 'http/1.1', https1: 'http/1.1', h2c: 'h2c', h2: 'h2', grpc: '', grpcs: '' };

/** @param {Context} context @param {readonly string[]} hosts @param {readonly number[]} ports */
async function runApache({ folder, word }, hosts, ports) {
  const file = join(folder, `${word}.conf`);
  writeFileSync(join(folder, 'ok.txt'), 'ok');
  writeFileSync(join(folder, 'big.txt'), 'x'.repeat(BIG_BYTES));
  const lines = ['StartServers 2', 'MaxKeepAliveRequests 0', 'KeepAliveTimeout 60'];
  lines.push(...ports.map((port) => `Listen 127.0.0.1:${port}`), ...hosts);
  writeFileSync(file, apacheConfig(folder, MODULES, lines));
  const args = ['-D', 'FOREGROUND', '-f', file];
  return await runLogging('/usr/sbin/apache2', args, join(folder, 'error.log'), 'resuming normal operations');
}

/** @type {import('../row.mjs').ServerSide['start']} */
async function startApache(context) {
  const { ports, tls } = context;
  const hosts = Object.entries(ports).map(([id, port]) => {
    const column = /** @type {ColumnId} */ (id);
    const isSecure = column === 'https1' || column === 'h2';
    return `<VirtualHost 127.0.0.1:${port}>
  Protocols ${PROTOCOLS[column]}
  ${isSecure ? `SSLEngine on\n  SSLCertificateFile ${tls.cert}\n  SSLCertificateKeyFile ${tls.key}` : ''}
  ${REWRITES}
</VirtualHost>`;
  });
  return await runApache(context, hosts, Object.values(ports));
}

/** Apache as a reverse proxy. @type {import('../row.mjs').ClientSide['start']} */
function startApacheProxy(context) {
  const { urls, tls } = context;
  /** @type {readonly ColumnId[]} */
  const columns = ['http1', 'https1', 'h2c', 'h2'];
  const target = (/** @type {ColumnId} */ column) =>
    column.startsWith('h2') ? urls[column].replace(/^https?/, column) : urls[column];
  return proxyClient(context, columns, (ports) =>
    runApache(
      context,
      columns.map(
        (column) => `<VirtualHost 127.0.0.1:${ports[column]}>
  SSLProxyEngine on
  SSLProxyCACertificateFile ${tls.ca}
  ProxyPass / ${target(column)}/
</VirtualHost>`,
      ),
      columns.map((column) => ports[column]),
    ),
  );
}

/** @type {readonly ColumnId[]} */
const PROGRAM_COLUMNS = ['http1', 'https1', 'h2c', 'h2'];

const CURL_HTTP = /** @type {Readonly<Record<string, string>>} */ ({
  http1: 'http1.1',
  https1: 'http1.1',
  h2c: 'http2-prior-knowledge',
  h2: 'http2',
});

/** curl 7 cannot use a connection with prior knowledge twice: a name, and so a connection, for each request. @param {string} url @param {string} path */
function ownHost(url, path) {
  const { port } = new URL(url);
  const name = `${path.replaceAll('/', '')}.localhost`;
  return [`url = "http://${name}:${port}${path}"`, `resolve = "${name}:${port}:127.0.0.1"`];
}

/** @type {import('../row.mjs').ClientSide['start']} */
function startCurl({ word, urls, tls }) {
  const program = () => ({ command: 'curl', args: ['--user-agent', word, '--no-progress-meter', '--config', '-'] });
  return programsClient(PROGRAM_COLUMNS, program, (column, first, count, connections) => {
    const transfers = Array.from({ length: count }, (_, at) => {
      const { path, bodyBytes } = requestOf(first + at);
      return [
        ...(column === 'h2c' ? ownHost(urls.h2c, path) : [`url = "${urls[column]}${path}"`]),
        'output = /dev/null',
        CURL_HTTP[column],
        `cacert = ${tls.ca}`,
        ...(bodyBytes > 0 ? [`data = ${'b'.repeat(bodyBytes)}`] : []),
      ].join('\n');
    });
    return `parallel\nparallel-max = ${connections}\n${transfers.join('\nnext\n')}\n`;
  });
}

const H2LOAD = /** @type {Readonly<Record<string, readonly string[]>>} */ ({
  http1: ['--h1'],
  https1: ['--h1'],
  h2c: ['-m4', '-p', 'h2c'],
});

/** h2load only asks with GET. @type {import('../row.mjs').ClientSide['start']} */
function startH2load({ word, urls }) {
  const program = (/** @type {ColumnId} */ column) => ({
    command: 'h2load',
    args: ['-n200', '-c4', ...(H2LOAD[column] ?? ['-m4']), '-H', `user-agent: ${word}`, '-i', '-'],
  });
  return programsClient(PROGRAM_COLUMNS, program, (column, first, count) =>
    Array.from({ length: count }, (_, at) => `${urls[column]}${requestOf(first + at).path}\n`).join(''),
  );
}

/** nghttpd knows files: one for each path that may be asked for. @type {import('../row.mjs').ServerSide['start']} */
async function startNghttpd({ folder, ports, tls }) {
  writeFileSync(join(folder, 'big.txt'), 'x'.repeat(BIG_BYTES));
  writeFileSync(join(folder, 'ok.txt'), 'ok');
  for (const kind of ['ok', 'big']) mkdirSync(join(folder, kind));
  for (let n = 0; n < 3000; n++) {
    const { kind, path } = requestOf(n);
    if (kind === 'ok' || kind === 'big') symlinkSync(`../${kind}.txt`, join(folder, path));
  }
  const common = ['--address=127.0.0.1', `--htdocs=${folder}`, '--echo-upload', '--verbose'];
  const start = (/** @type {readonly string[]} */ more) =>
    runProgram('/usr/sbin/nghttpd', [...common, ...more], { ready: /listen 127\.0\.0\.1/ });
  return await Promise.all([start(['--no-tls', String(ports.h2c)]), start([String(ports.h2), tls.key, tls.cert])]);
}

const noGrpc = { grpc: 'it does not speak gRPC', grpcs: 'it does not speak gRPC' };

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'apache',
    language: 'C',
    stack: 'Apache httpd, mpm_event (client: as reverse proxy)',
    prepare: () => tool('/usr/sbin/apache2', ['-v']),
    server: { columns: ['http1', 'https1', 'h2c', 'h2'], start: startApache },
    client: { columns: ['http1', 'https1', 'h2c', 'h2'], start: startApacheProxy },
    cannot: { server: noGrpc, client: noGrpc },
  },
  {
    id: 'curl',
    language: 'C',
    stack: 'curl with OpenSSL',
    prepare: () => tool('curl', ['--version']),
    client: { columns: PROGRAM_COLUMNS, start: startCurl },
    cannot: { server: { others: 'it is a client only' }, client: noGrpc },
  },
  {
    id: 'nghttp2',
    language: 'C++',
    stack: 'nghttpd, h2load',
    prepare: () => Promise.all([tool('/usr/sbin/nghttpd', ['--version']), tool('h2load', ['--version'])]),
    server: { columns: ['h2c', 'h2'], start: startNghttpd, answers: { fail: 404 } },
    client: { columns: PROGRAM_COLUMNS, start: startH2load },
    cannot: { server: { others: 'nghttpd speaks HTTP/2 only', ...noGrpc }, client: noGrpc },
  },
];

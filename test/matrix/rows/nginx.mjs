// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../cache.mjs';
import { BIG_BYTES } from '../requests.mjs';
import { proxyClient, runProgram } from '../row.mjs';

/**
 * @typedef {import('../row.mjs').Context} Context
 * @typedef {import('../columns.mjs').ColumnId} ColumnId
 */

const NGINX = '/usr/sbin/nginx';

const ANSWERS = `
    location /ok/ { return 200 ok; }
    location /fail/ { return 500 failed; }
    location /echo/ { return 200 echo; }
    location /big/ { rewrite ^ /big.txt break; }
    location / { return 404; }`;

/** nginx of its own folder with two workers. @param {Pick<Context, 'folder' | 'word'>} context @param {readonly string[]} servers @param {string} [http] */
export async function runNginx({ folder, word }, servers, http = '') {
  const file = join(folder, `${word}.conf`);
  writeFileSync(join(folder, 'big.txt'), 'x'.repeat(BIG_BYTES));
  writeFileSync(
    file,
    `daemon off;
user root;
worker_processes 2;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  keepalive_requests 100000;
  keepalive_timeout 60s;
  root ${folder};
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${http}
  ${servers.join('\n  ')}
}
`,
  );
  const ready = { ready: /start worker process \d+/, on: /** @type {'stderr'} */ ('stderr') };
  return await runProgram(NGINX, ['-p', folder, '-c', file, '-e', 'stderr'], ready);
}

/** A server block of one column. @param {ColumnId} column @param {number} port @param {Context} context @param {string} locations */
export function serverBlock(column, port, { tls }, locations) {
  const isSecure = ['https1', 'h2', 'grpcs'].includes(column);
  const words = [
    `127.0.0.1:${port}`,
    isSecure ? 'ssl' : '',
    column.startsWith('h') && column.endsWith('1') ? '' : 'http2',
  ];
  const certificate = isSecure ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};` : '';
  return `server { listen ${words.filter(Boolean).join(' ')}; ${certificate} ${locations} }`;
}

/** @type {import('../row.mjs').ServerSide['start']} */
async function startServer(context) {
  const { ports, urls } = context;
  const servers = Object.entries(ports).map(([id, port]) => {
    const column = /** @type {ColumnId} */ (id);
    const locations = column.startsWith('grpc') ? `location / { grpc_pass grpc://${urls.grpc}; }` : ANSWERS;
    return serverBlock(column, port, context, locations);
  });
  return await runNginx(context, servers);
}

/** nginx as a reverse proxy: what it asks of the reference servers. @type {import('../row.mjs').ClientSide['start']} */
function startClient(context) {
  const { urls, tls } = context;
  const address = (/** @type {ColumnId} */ column) => urls[column].replace(/^https?:\/\//, '');
  const trust = (/** @type {string} */ module) =>
    `${module}_ssl_trusted_certificate ${tls.ca}; ${module}_ssl_verify on; ${module}_ssl_name localhost;`;
  const kept = 'proxy_http_version 1.1; proxy_set_header Connection "";';
  const pass = /** @type {Partial<Record<ColumnId, string>>} */ ({
    http1: `${kept} proxy_pass http://upstream-http1;`,
    https1: `${kept} ${trust('proxy')} proxy_pass https://upstream-https1;`,
    grpc: 'grpc_pass grpc://upstream-grpc;',
    grpcs: `${trust('grpc')} grpc_pass grpcs://upstream-grpcs;`,
  });
  const columns = /** @type {ColumnId[]} */ (Object.keys(pass));
  const upstreams = columns.map((column) => `upstream upstream-${column} { server ${address(column)}; keepalive 4; }`);
  return proxyClient(context, columns, (ports) =>
    runNginx(
      context,
      columns.map((column) => {
        const front = column.startsWith('grpc') ? 'grpc' : 'http1';
        return serverBlock(front, ports[column], context, `location / { ${pass[column]} }`);
      }),
      upstreams.join('\n  '),
    ),
  );
}

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'nginx',
    language: 'C',
    stack: 'nginx (client: as reverse proxy)',
    prepare: () => tool(NGINX, ['-v']),
    server: { columns: ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs'], start: startServer },
    client: { columns: ['http1', 'https1', 'grpc', 'grpcs'], start: startClient },
    cannot: { client: { others: 'nginx speaks HTTP/2 to upstreams for gRPC only' } },
  },
];

// @ts-check
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/run-app.mjs';
import { tool, Unavailable } from '../cache.mjs';
import { runLogging } from '../row.mjs';
import { runNginx, serverBlock } from './nginx.mjs';

const APPS = fileURLToPath(new URL('../apps/php/', import.meta.url));

/** The newest that is installed. */
function fpm() {
  const name = readdirSync('/usr/sbin')
    .filter((one) => one.startsWith('php-fpm'))
    .sort()
    .at(-1);
  if (name === undefined) throw new Unavailable('no /usr/sbin/php-fpm');
  return join('/usr/sbin', name);
}

/** PHP-FPM on a Unix socket, and the locations that pass everything to it. @param {import('../row.mjs').Context} context @param {string} script */
async function runFpm({ folder, word }, script) {
  const file = join(folder, `${word}-fpm.conf`);
  const socket = join(folder, 'fpm.sock');
  writeFileSync(
    file,
    `[global]
daemonize = no
error_log = ${folder}/fpm.log
[www]
user = root
group = root
listen = ${socket}
pm = static
pm.max_children = 4
`,
  );
  const args = ['--nodaemonize', '--allow-to-run-as-root', '--fpm-config', file];
  const app = await runLogging(fpm(), args, join(folder, 'fpm.log'), 'ready to handle connections');
  const parameters = ['SCRIPT_FILENAME', 'REQUEST_METHOD', 'REQUEST_URI', 'QUERY_STRING', 'CONTENT_LENGTH']
    .map((name) => `fastcgi_param ${name} ${name === 'SCRIPT_FILENAME' ? APPS + script : `$${name.toLowerCase()}`};`)
    .join(' ');
  return { app, locations: `location / { fastcgi_pass unix:${socket}; ${parameters} }` };
}

/** nginx is what is watched: FPM does not speak HTTP. @type {import('../row.mjs').ServerSide['start']} */
async function startServer(context) {
  const { app: fpmApp, locations } = await runFpm(context, 'server.php');
  const servers = Object.entries(context.ports).map(([column, port]) =>
    serverBlock(/** @type {import('../row.mjs').ColumnId} */ (column), port, context, locations),
  );
  const app = await runNginx(context, servers);
  const stop = async () => {
    await app.stop();
    await fpmApp.stop();
  };
  return { ...app, stop };
}

/** FPM is what is watched: its page asks other services. @type {import('../row.mjs').ClientSide['start']} */
async function startClient(context) {
  const { app, locations } = await runFpm(context, 'client.php');
  const port = await freePort();
  const nginx = await runNginx({ ...context, word: 'front' }, [serverBlock('http1', port, context, locations)]);
  const stop = async () => {
    await nginx.stop();
    await app.stop();
  };
  return {
    apps: [{ ...app, stop }],
    async send(column, first, count, connections) {
      const load = { column, url: context.urls[column], ca: context.tls.ca, first, count, connections };
      const query = Object.entries(load).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      const response = await fetch(`http://127.0.0.1:${port}/?${query.join('&')}`);
      if (response.status !== 200)
        throw new Error(`${column}: the page answered ${response.status}: ${await response.text()}`);
    },
  };
}

const noGrpc = { grpc: 'it does not speak gRPC', grpcs: 'it does not speak gRPC' };

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'php',
    language: 'PHP',
    stack: 'PHP-FPM with nginx, curl extension',
    prepare: async () => tool(fpm(), ['-v']),
    server: { columns: ['http1', 'https1', 'h2c', 'h2'], start: startServer },
    client: { columns: ['http1', 'https1', 'h2c', 'h2'], start: startClient },
    cannot: { server: noGrpc, client: noGrpc },
  },
];

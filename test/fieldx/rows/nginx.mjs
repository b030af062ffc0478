// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../../matrix/cache.mjs';
import { allBut, runProgram } from '../row.mjs';

const NGINX = '/usr/sbin/nginx';
export const PASS = `proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffer_size 32k; proxy_buffers 8 32k;
      proxy_next_upstream off; client_max_body_size 100m; proxy_pass http://origin;`;

/**
 * nginx of its own folder with two workers.
 *
 * @param {import('../row.mjs').Context} context @param {string} location
 */
export async function runNginx({ folder, word, port, origin }, location) {
  const file = join(folder, `${word}.conf`);
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
  large_client_header_buffers 8 16k;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream origin { server 127.0.0.1:${origin}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    location / { ${location} }
  }
}
`,
  );
  const ready = { ready: /start worker process \d+/, on: /** @type {'stderr'} */ ('stderr') };
  return await runProgram(NGINX, ['-p', folder, '-c', file, '-e', 'stderr'], ready);
}

const able = allBut('early', 'half-close');

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'nginx-proxy',
    stack: 'nginx, 2 workers, as a proxy',
    prepare: () => tool(NGINX, ['-v']),
    start: (context) => runNginx(context, PASS),
    able,
    isProxy: true,
    isPrefork: true,
  },
  {
    id: 'nginx-unbuffered',
    stack: 'nginx as a proxy that does not buffer',
    prepare: () => tool(NGINX, ['-v']),
    start: (context) => runNginx(context, `${PASS} proxy_buffering off; proxy_request_buffering off;`),
    able,
    isProxy: true,
  },
];

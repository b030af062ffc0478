// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { tool } from '../../matrix/cache.mjs';
import { runNginx } from '../../matrix/rows/nginx.mjs';
import { allBut } from '../row.mjs';

const NGINX = '/usr/sbin/nginx';
export const PASS = `proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffer_size 32k; proxy_buffers 8 32k;
      proxy_next_upstream off; client_max_body_size 100m; proxy_pass http://origin;`;

/** nginx with two workers in front of our server. @param {string} location @returns {import('../row.mjs').Row['start']} */
function proxy(location) {
  return ({ folder, word, port, origin }) =>
    runNginx(
      { folder, word },
      [`server { listen 127.0.0.1:${port}; location / { ${location} } }`],
      `large_client_header_buffers 8 16k; upstream origin { server 127.0.0.1:${origin}; keepalive 4; }`,
    );
}

const able = allBut('early', 'half-close');

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'nginx-proxy',
    stack: 'nginx, 2 workers, as a proxy',
    prepare: () => tool(NGINX, ['-v']),
    start: proxy(PASS),
    able,
    isProxy: true,
    isPrefork: true,
  },
  {
    id: 'nginx-unbuffered',
    stack: 'nginx as a proxy that does not buffer',
    prepare: () => tool(NGINX, ['-v']),
    start: proxy(`${PASS} proxy_buffering off; proxy_request_buffering off;`),
    able,
    isProxy: true,
  },
];

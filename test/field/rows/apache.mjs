// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../../matrix/cache.mjs';
import { runLogging } from '../../matrix/row.mjs';
import { apacheConfig } from '../../support/apache-config.mjs';
import { allBut } from '../row.mjs';

/** Apache as a proxy of our server, with one of its ways to have processes. @param {'prefork' | 'event'} mpm @returns {import('../row.mjs').Row['start']} */
function apache(mpm) {
  return async ({ folder, word, port, origin }) => {
    const file = join(folder, `${word}.conf`);
    const modules = [`mpm_${mpm}`, 'authz_core', 'proxy', 'proxy_http'];
    const lines = [
      'StartServers 2',
      'MaxKeepAliveRequests 0',
      'KeepAliveTimeout 60',
      'LimitRequestLine 16380',
      'LimitRequestFieldSize 16380',
      `Listen 127.0.0.1:${port}`,
      `<VirtualHost 127.0.0.1:${port}>`,
      `ProxyPass / http://127.0.0.1:${origin}/ responsefieldsize=16380`,
      '</VirtualHost>',
    ];
    writeFileSync(file, apacheConfig(folder, modules, lines));
    // At its end mpm_prefork signals its whole process group, which must not be ours.
    const args = ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', file];
    return await runLogging('/usr/bin/setsid', args, join(folder, 'error.log'), 'resuming normal operations');
  };
}

const prepare = () => tool('/usr/sbin/apache2', ['-v']);
const leaves = { pipelined: 'behind a proxy Apache stops to answer more than five requests of a segment' };
const able = allBut('early', 'half-close');

/**
 * The parent asks itself, on its own port, so that a worker that waits in accept() looks up and ends.
 *
 * @type {NonNullable<import('../row.mjs').Row['asksItself']>}
 */
const asksItself = ({ kind, ...span }) =>
  kind === 'http.server' && 'method' in span && span.method === 'OPTIONS' && span.path === '*';

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'apache-prefork',
    stack: 'Apache, mpm_prefork, as a proxy',
    prepare,
    start: apache('prefork'),
    able,
    leaves,
    isProxy: true,
    isPrefork: true,
    asksItself,
  },
  {
    id: 'apache-event',
    stack: 'Apache, mpm_event, as a proxy',
    prepare,
    start: apache('event'),
    able,
    leaves,
    isProxy: true,
    isPrefork: true,
    asksItself,
  },
];

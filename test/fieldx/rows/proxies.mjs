// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../../matrix/cache.mjs';
import { listening } from '../listening.mjs';
import { allBut, runProgram } from '../row.mjs';

/** @param {string} more options of the proxy section @returns {import('../row.mjs').Row['start']} */
function haproxy(more) {
  return async ({ folder, port, origin }) => {
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(
      file,
      `global
  tune.bufsize 32768
  tune.maxrewrite 8192
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${port}
  ${more}
  default_backend origin
backend origin
  ${more}
  server one 127.0.0.1:${origin}
`,
    );
    return await listening(port, () => runProgram('/usr/sbin/haproxy', ['-f', file, '-db'], { ready: 'spawned' }));
  };
}

/** @type {import('../row.mjs').Row['start']} */
async function varnish({ folder, port, origin }) {
  const file = join(folder, 'field.vcl');
  writeFileSync(
    file,
    `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${origin}"; }
sub vcl_recv { return (pass); }
`,
  );
  const sizes = [
    'http_req_size=64k',
    'http_req_hdr_len=16k',
    'http_resp_size=64k',
    'http_resp_hdr_len=16k',
    'workspace_client=256k',
    'workspace_backend=256k',
  ];
  const parameters = [...sizes, 'vsl_space=20m'].flatMap((one) => ['-p', one]);
  const args = [
    '-F',
    '-n',
    join(folder, 'varnish'),
    '-a',
    `127.0.0.1:${port}`,
    '-f',
    file,
    '-s',
    'malloc,20m',
    ...parameters,
  ];
  return await listening(port, () => runProgram('/usr/sbin/varnishd', args, { ready: 'spawned' }));
}

/** @type {import('../row.mjs').Row['start']} */
async function lighttpd({ folder, port, origin }) {
  const file = join(folder, 'lighttpd.conf');
  writeFileSync(
    file,
    `server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ( "mod_proxy" )
server.max-keep-alive-requests = 100000
server.max-keep-alive-idle = 60
server.max-request-field-size = 32768
server.upload-dirs = ( "${folder}" )
proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => ${origin} ) ) )
`,
  );
  return await listening(port, () => runProgram('/usr/sbin/lighttpd', ['-D', '-f', file], { ready: 'spawned' }));
}

/** @type {import('../row.mjs').Row['start']} */
async function caddy({ folder, port, origin }) {
  const file = join(folder, 'Caddyfile');
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${origin}
}
http://field.test:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${origin}
}
`,
  );
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  return await listening(port, () => runProgram('/usr/bin/caddy', args, { ready: 'spawned', env }));
}

/** @type {import('../row.mjs').Row['start']} */
async function nghttpx({ port, origin }) {
  const args = [
    `--frontend=127.0.0.1,${port};no-tls`,
    `--backend=127.0.0.1,${origin}`,
    '--no-ocsp',
    '--errorlog-file=/dev/null',
  ];
  const sizes = ['--request-header-field-buffer=65536', '--response-header-field-buffer=65536', '--workers=2'];
  return await listening(port, () =>
    runProgram('/usr/sbin/nghttpx', ['--conf=/dev/null', ...args, ...sizes], { ready: 'spawned' }),
  );
}

const able = allBut('early', 'half-close');

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'haproxy',
    stack: 'HAProxy',
    prepare: () => tool('/usr/sbin/haproxy', ['-v']),
    start: haproxy(''),
    able,
    corksMs: 210,
    isProxy: true,
  },
  {
    id: 'haproxy-splice',
    stack: 'HAProxy with splice(2)',
    prepare: () => tool('/usr/sbin/haproxy', ['-v']),
    start: haproxy('option splice-request\n  option splice-response'),
    corksMs: 210,
    able,
    isProxy: true,
  },
  {
    id: 'varnish',
    stack: 'Varnish, passing',
    prepare: () => tool('/usr/sbin/varnishd', ['-V']),
    start: varnish,
    able,
    isProxy: true,
  },
  {
    id: 'lighttpd',
    stack: 'lighttpd as a proxy',
    prepare: () => tool('/usr/sbin/lighttpd', ['-v']),
    start: lighttpd,
    able,
    isProxy: true,
  },
  {
    id: 'caddy',
    stack: 'Caddy as a proxy',
    prepare: () => tool('/usr/bin/caddy', ['version']),
    start: caddy,
    able,
    isProxy: true,
  },
  {
    id: 'nghttpx',
    stack: 'nghttpx',
    prepare: () => tool('/usr/sbin/nghttpx', ['--version']),
    start: nghttpx,
    able,
    isProxy: true,
  },
];

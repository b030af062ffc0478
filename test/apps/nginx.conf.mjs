// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes an nginx configuration that keeps everything under `directory`: `/static/...` are files through sendfile,
 * everything else goes to `upstreamPort` (keep-alive, one connection pool), or is 404 without one.
 *
 * Sizes of the static files: `small.txt` 5 bytes, `page.html` 5 kB, `large.bin` 10 MB.
 *
 * `tls` has the paths of a certificate and its key: then both sides are HTTPS.
 *
 * @param {{ directory: string, port: number, upstreamPort?: number, deferred?: boolean, workers?: number, tls?: { cert: string, key: string } }} options
 * @returns {string} path of the file
 */
export function writeNginxConfig({ directory, port, upstreamPort, deferred = false, workers = 1, tls }) {
  const files = join(directory, 'html', 'static');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, 'small.txt'), 'hello');
  writeFileSync(join(files, 'page.html'), 'x'.repeat(5_000));
  writeFileSync(join(files, 'large.bin'), Buffer.alloc(10_000_000, 'x'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${join(directory, name)};`)
    .join('\n');
  const upstream =
    upstreamPort === undefined ? '' : `  upstream app { server 127.0.0.1:${upstreamPort}; keepalive 32; }`;
  const proxy =
    upstreamPort === undefined
      ? 'return 404;'
      : `proxy_pass ${tls ? 'https' : 'http'}://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering on;`;
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off;
worker_processes ${workers};
pid ${join(directory, 'nginx.pid')};
error_log stderr notice;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 2048; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 10000000;
  client_max_body_size 0;
${temporary}
${upstream}
  server {
    listen 127.0.0.1:${port} backlog=1024${tls ? ' ssl' : ''}${deferred ? ' deferred' : ''};
    ${tls ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};` : ''}
    root ${join(directory, 'html')};
    location /static/ { }
    location / { ${proxy} }
  }
}
`,
  );
  return file;
}

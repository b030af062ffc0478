import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, freePort, runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const V1 = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 56324 80\r\n');
const V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c0000202dc040050', 'hex');
const HAPROXY = '/usr/sbin/haproxy';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'beyla-proxied-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** nginx that expects the header of the PROXY protocol on each connection. */
async function runProxied(): Promise<App> {
  const path = folder();
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${path}/${name};`,
  );
  writeFileSync(
    join(path, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${path}/pid; error_log stderr notice; user root; events {}
     http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${port} proxy_protocol; location / { return 200 ok; } } }`,
  );
  return use(
    await runApp('nginx', '/usr/sbin/nginx', ['-p', path, '-c', join(path, 'nginx.conf'), '-e', 'stderr'], {
      ready: /start worker process \d+/,
      on: 'stderr',
      port,
    }),
  );
}

async function runHaproxy(version: string, to: number): Promise<App> {
  const path = folder();
  const port = await freePort();
  writeFileSync(
    join(path, 'haproxy.cfg'),
    `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen in
  bind 127.0.0.1:${port}
  server out 127.0.0.1:${to} ${version}
`,
  );
  const haproxy = use(
    await runApp('haproxy', HAPROXY, ['-db', '-f', join(path, 'haproxy.cfg')], { ready: 'spawned', port }),
  );
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const [outcome] = await Promise.race([once(socket, 'connect').then(() => ['open']), once(socket, 'error')]).catch(
      () => [],
    );
    socket.destroy();
    if (outcome === 'open') return haproxy;
  }
}

/** Sends these pieces and reads so many answers. */
async function say(port: number, pieces: readonly Buffer[], answers: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
  });
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (text.split('HTTP/1.1 200').length - 1 < answers) await once(socket, 'data');
  socket.destroy();
}

for (const source of SOURCES) {
  describe(`PROXY protocol with the source ${source}`, needsSource(source), () => {
    it('the first request of each connection is seen, however the header comes', async () => {
      const nginx = await runProxied();
      const watching = use(
        await watch({ pids: nginx.pids(), tracer: { source }, trustedProxies: ['127.0.0.0/8', '::1'] }),
      );
      const get = (path: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`);
      for (const [name, header] of [
        ['v1', V1],
        ['v2', V2],
      ] as const) {
        await say(nginx.port, [Buffer.concat([header, get(`/${name}/one`)])], 1);
        await say(nginx.port, [header, get(`/${name}/two`)], 1);
      }
      await watching.settled(4);
      const spans = await watching.finish();
      expect(spans.map(({ path }) => path).sort()).toEqual(['/v1/one', '/v1/two', '/v2/one', '/v2/two']);
      expect(spans.map((span) => 'statusCode' in span && span.statusCode)).toEqual(new Array(4).fill(200));
      expect(spans.map(({ client }) => client)).toEqual(new Array(4).fill({ address: '192.0.2.1', port: 56_324 }));
      expect(totalDrops(watching.beyla)).toBe(0);
    });

    it.skipIf(!existsSync(HAPROXY)).each(['send-proxy', 'send-proxy-v2'])('behind HAProxy with %s', async (version) => {
      const nginx = await runProxied();
      const haproxy = await runHaproxy(version, nginx.port);
      const watching = use(await watch({ pids: nginx.pids(), tracer: { source } }));
      for (let n = 0; n < 5; n++) {
        const url = `http://127.0.0.1:${haproxy.port}/${n}`;
        const [code] = await once(
          spawn('curl', ['-s', '-o', '/dev/null', url, `${url}/again`], { stdio: 'ignore' }),
          'exit',
        );
        expect(code).toBe(0);
      }
      await watching.settled(10);
      const spans = await watching.finish();
      const paths = [0, 1, 2, 3, 4].flatMap((n) => [`/${n}`, `/${n}/again`]);
      expect(spans.map(({ path }) => path).sort()).toEqual(paths.sort());
      expect(totalDrops(watching.beyla)).toBe(0);
    });
  });
}

// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import { exchange } from './client.mjs';

const ROUTES = [
  { method: 'GET', path: '/hello' },
  { method: 'GET', path: '/absent' },
  { method: 'HEAD', path: '/hello' },
  { method: 'GET', path: '/error' },
  { method: 'GET', path: '/empty' },
  { method: 'GET', path: '/large' },
  { method: 'GET', path: '/chunked' },
  { method: 'POST', path: '/upload', body: 'x'.repeat(700) },
];
const HTTPD_PORT = 8081;
const KEPT_CONNECTIONS = 4;
const ROUNDS_PER_CONNECTION = 6;
const SINGLE_REQUESTS = 64;
const HTTPD_REQUESTS = 24;
const TLS_CONNECTIONS = 2;
const TLS_SINGLE_REQUESTS = 8;

/** Counts of equal strings. */
export class Tally extends Map {
  add(key) {
    this.set(key, (this.get(key) ?? 0) + 1);
  }

  get total() {
    return [...this.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** The servers of the test: two that are selected, one in this process that is not. */
export async function startServers() {
  const child = spawn(process.execPath, [new URL('server.mjs', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const [node, tls, http2] = String(line).split(' ').map(Number);

  mkdirSync('/tmp/www', { recursive: true });
  writeFileSync('/tmp/www/page.txt', 'a page\n');
  const httpd = spawn('/bin/busybox', ['httpd', '-f', '-p', `127.0.0.1:${HTTPD_PORT}`, '-h', '/tmp/www'], {
    stdio: 'inherit',
  });
  await untilAnswered(HTTPD_PORT);

  const bystander = createServer((_request, response) => response.end('not your business'));
  await new Promise((resolve) => bystander.listen(0, '127.0.0.1', resolve));

  return {
    pids: [child.pid, httpd.pid],
    ports: { node, tls, http2, httpd: HTTPD_PORT, bystander: bystander.address().port },
    async close() {
      bystander.close();
      for (const server of [child, httpd]) {
        server.kill();
        await once(server, 'exit');
      }
    },
  };
}

/** A server that says nothing when it is ready is asked until it answers. */
async function untilAnswered(port) {
  for (let attempt = 0; ; attempt++) {
    try {
      await exchange(port, [{ method: 'GET', path: '/page.txt' }], { keepAlive: false });
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** Runs the whole load; resolves with what the client knows it got from the selected servers, keyed as `spanKey` does. */
export async function drive(ports) {
  const log = new Tally();
  const run = async (port, requests, options) => {
    const statuses = await exchange(port, requests, options);
    for (const [index, status] of statuses.entries()) {
      if (port !== ports.bystander) log.add(`:${port} ${requests[index].method} ${requests[index].path} ${status}`);
    }
  };
  const rounds = Array.from({ length: ROUNDS_PER_CONNECTION }, () => ROUTES).flat();
  await Promise.all([
    ...Array.from({ length: KEPT_CONNECTIONS }, () => run(ports.node, rounds, { keepAlive: true })),
    ...Array.from({ length: TLS_CONNECTIONS }, () => run(ports.tls, rounds, { keepAlive: true, tls: true })),
    run(ports.bystander, rounds.slice(0, 16), { keepAlive: true }),
  ]);
  for (let index = 0; index < SINGLE_REQUESTS; index++) {
    await run(ports.node, [ROUTES[index % ROUTES.length]], { keepAlive: false });
  }
  for (let index = 0; index < TLS_SINGLE_REQUESTS; index++) {
    await run(ports.tls, [ROUTES[index % ROUTES.length]], { keepAlive: false, tls: true });
  }
  for (const [index, status] of (await http2Requests(ports.http2, rounds)).entries()) {
    log.add(`:${ports.http2} ${rounds[index].method} ${rounds[index].path} ${status}`);
  }
  for (let index = 0; index < HTTPD_REQUESTS; index++) {
    const path = index % 3 === 2 ? '/absent.txt' : '/page.txt';
    await run(ports.httpd, [{ method: 'GET', path }], { keepAlive: false });
  }
  return log;
}

/** Sends all at once on one connection; resolves with the statuses. */
async function http2Requests(port, requests) {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    return await Promise.all(
      requests.map(async ({ method, path, body }) => {
        const stream = session.request({ ':method': method, ':path': path });
        stream.resume().end(body);
        const [headers] = await once(stream, 'response');
        if (!stream.readableEnded) await once(stream, 'end');
        return headers[':status'];
      }),
    );
  } finally {
    session.close();
  }
}

/** Server port, method, path and status of a span. */
export function spanKey(span) {
  return `:${span.local.port} ${span.method} ${span.path} ${span.statusCode}`;
}

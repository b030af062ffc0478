// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { runNginx, runNode, runPython } from '../../test/support/run-app.mjs';
import { sendLoad } from '../../test/support/truth-client.mjs';

/** @typedef {import('../../test/support/run-app.mjs').App} App */
/** @typedef {import('./account.mjs').Account} Account */

/** What the spans' paths are called in metrics; the servers' own names for them. */
export const ROUTES = ['/hello', '/users/:id', '/status/:code', '/slow', '/echo', '/static/*'];

const APP_TARGETS = [
  { target: 'GET /hello', route: '/hello' },
  { target: 'GET /users/{n}', route: '/users/:id' },
  { target: 'GET /status/500', route: '/status/:code' },
  { target: 'POST /echo 2000', route: '/echo' },
  { target: 'GET /slow?ms=20', route: '/slow' },
  { target: 'GET /users/{n}', route: '/users/:id' },
  { target: 'GET /hello', route: '/hello' },
];
const FILE_TARGETS = [
  { target: 'GET /static/page.html', route: '/static/*' },
  { target: 'GET /users/{n}', route: '/users/:id' },
  { target: 'GET /static/none.html', route: '/static/*' },
];
const BURST = { binary: '/usr/bin/h2load', requests: 20_000, connections: 16 };

/** @typedef {{ requestsPerSecond: number, bursts: boolean }} Mood */
/** @type {Mood} */
export const BUSY = { requestsPerSecond: 300, bursts: true };
/** For a recording that is small enough to be kept. @type {Mood} */
export const QUIET = { requestsPerSecond: 12, bursts: false };

/** Starts a Node, a Python and an nginx server (files, and a proxy to the Node one) as anybody would: none knows of tracing. */
export async function startServices() {
  const started = await Promise.allSettled([runNode(), runPython('python-server.py')]);
  const [node, python] = started.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
  if (node === undefined || python === undefined) {
    await Promise.all([node?.stop(), python?.stop()]);
    throw started.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))[0];
  }
  try {
    return { node, python, nginx: await runNginx({ upstreamPort: node.port }) };
  } catch (error) {
    await Promise.all([node.stop(), python.stop()]);
    throw error;
  }
}

/**
 * Drives one server at a steady rate and writes what was sent into the account.
 *
 * @param {Account} account @param {'node' | 'python' | 'nginx'} service @param {App} app @param {number} seconds @param {Mood} mood
 */
async function drive(account, service, app, seconds, mood) {
  const targets = service === 'nginx' ? FILE_TARGETS : APP_TARGETS;
  const records = await sendLoad({
    port: app.port,
    targets: targets.map(({ target }) => target),
    connections: 8,
    seconds,
    rate: mood.requestsPerSecond,
  });
  for (const { number, method, status } of records) {
    const route = targets[number % targets.length]?.route ?? '';
    account.sent(service, 'server', method, route, status);
    if (service === 'nginx' && route !== '/static/*') {
      account.sent('nginx', 'client', method, route, status);
      account.sent('node', 'server', method, route, status);
    }
  }
}

/**
 * As fast as it goes: a fixed number of requests by h2load, which says itself how many were answered.
 *
 * @param {Account} account @param {'node' | 'nginx'} service @param {App} app @param {string} path @param {string} route
 */
async function burst(account, service, app, path, route) {
  const { binary, requests, connections } = BURST;
  const args = ['--h1', '-n', String(requests), '-c', String(connections), `http://127.0.0.1:${app.port}${path}`];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const end = () => child.kill();
  process.once('exit', end);
  await once(child, 'close');
  process.off('exit', end);
  const answered = Number(/status codes: (\d+) 2xx/.exec(text)?.[1]);
  if (answered !== requests) throw new Error(`h2load: ${answered} of ${requests} requests were answered\n${text}`);
  account.sent(service, 'server', 'GET', route, 200, answered);
}

/**
 * All traffic of the demo: a steady mix for `seconds`, and bursts at full speed in its middle where h2load is installed.
 *
 * @param {Account} account @param {{ node: App, python: App, nginx: App }} services @param {number} seconds @param {Mood} mood
 */
export async function driveServices(account, services, seconds, mood) {
  const steady = Promise.all([
    drive(account, 'node', services.node, seconds, mood),
    drive(account, 'python', services.python, seconds, mood),
    drive(account, 'nginx', services.nginx, seconds, mood),
  ]);
  if (mood.bursts && existsSync(BURST.binary)) {
    await Promise.race([steady, new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 2))]);
    await burst(account, 'node', services.node, '/hello', '/hello');
    await burst(account, 'nginx', services.nginx, '/static/small.txt', '/static/*');
  }
  await steady;
}

// A configuration of Beyla as a user would run it, in PID, network and mount namespaces of its own, where nothing but its own programs listens:
// starts the programs, Beyla by the configuration, sends the requests, and prints `RESULT` with what came out.
//
//   unshare --pid --net --mount --fork --kill-child --mount-proc node tutorial.mjs '<scenario as JSON>'
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { createBeyla, loadConfig, toBeylaOptions } from '@beyla/core';
import { exportersFromConfig, processorsFromConfig } from '@beyla/exporters';
import { runApp } from '../support/run-app.mjs';

/**
 * @typedef {object} Scenario
 * @property {string} [config] path of the YAML file; without it variables alone decide
 * @property {Record<string, string>} env variables of the configuration
 * @property {{ name: string, port: number }[]} apps Python servers, by the name of their executable
 * @property {{ port: number, path: string }[]} requests
 * @property {{ port: number, path: string }} [scrape]
 * @property {string[]} hosts names of this machine
 * @property {number} spans how many are to be waited for
 */
/** @type {Scenario} */
const scenario = JSON.parse(process.argv[2] ?? '');
const APPS = dirname(fileURLToPath(import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'beyla-tutorial-'));

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

// SIOCSIFFLAGS, IFF_UP | IFF_RUNNING: a new network namespace has its loopback down, and `ip` need not be installed.
const LOOPBACK_UP = `
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41))
`;
run('/usr/bin/python3', ['-c', LOOPBACK_UP]);
// The names of the configuration lead here; the file is another one in this mount namespace only.
writeFileSync(join(directory, 'hosts'), `127.0.0.1 localhost ${scenario.hosts.join(' ')}\n`);
run('mount', ['--bind', join(directory, 'hosts'), '/etc/hosts']);

/** @param {{ port: number, path: string }} to @param {Record<string, string>} [headers] @returns {Promise<string>} */
function get({ port, path }, headers = {}) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** @type {{ path: string, type: string, text: string }[]} */
const posts = [];
// In the process of the library, which never watches itself, although its port is one of the configuration's.
const receiver = createServer(async (incoming, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const bytes = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  posts.push({
    path: incoming.url ?? '',
    type: incoming.headers['content-type'] ?? '',
    text: bytes.toString('latin1').replace(/[^ -~]+/g, '\n'),
  });
  response.end();
});
await new Promise((resolve) => receiver.listen(4318, '127.0.0.1', () => resolve(undefined)));

const apps = [];
for (const { name, port } of scenario.apps) {
  const executable = join(directory, name);
  copyFileSync(realpathSync('/usr/bin/python3'), executable);
  const args = [join(APPS, 'python-server.py'), '--port', String(port)];
  apps.push(await runApp(name, executable, args, { env: { PYTHONHOME: '/usr' } }));
}

// Of the test run itself, and none of Beyla's.
delete process.env['BEYLA_STRICT'];
Object.assign(process.env, scenario.env);
const config = await loadConfig(scenario.config);
const beyla = await createBeyla({
  ...toBeylaOptions(config),
  processors: processorsFromConfig(config),
  exporters: exportersFromConfig(config),
});
/** @type {Record<string, unknown>[]} */
const seen = [];
let onSpans = () => {};
beyla.on('span', (spans) => {
  for (const span of spans) {
    const { name, namespace } = span.process.service;
    if ('path' in span)
      seen.push({ kind: span.kind, name, namespace, path: span.path, route: span.route, ignore: span.ignore });
  }
  onSpans();
});
for (const each of scenario.requests) await get(each);
await new Promise((resolve) => {
  const timer = setTimeout(resolve, 5_000, undefined);
  onSpans = () => {
    if (seen.length < scenario.spans) return;
    clearTimeout(timer);
    resolve(undefined);
  };
  onSpans();
});
const page = scenario.scrape === undefined ? '' : await get(scenario.scrape);
await beyla.close();
receiver.close();
const selected = [...new Set(seen.map(({ name }) => name))];
const warnings = config.warnings.map(({ path }) => path);
process.stdout.write(
  `RESULT ${JSON.stringify({ seen, selected, page, posts, warnings, drops: beyla.stats().drops })}\n`,
);
for (const app of apps) await app.stop();
rmSync(directory, { recursive: true, force: true });

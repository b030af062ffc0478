// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, pythonWith, tool } from '../../matrix/cache.mjs';
import { runProgram } from '../row.mjs';

/**
 * @typedef {import('../row.mjs').ClientRow} ClientRow
 * @typedef {import('../asks.mjs').Ask} Ask
 */

const APPS = fileURLToPath(new URL('../apps/', import.meta.url));
const PYTHON = ['httpx==0.28.1', 'pycurl==7.45.7', 'requests==2.34.2', 'aiohttp==3.14.5'];
const python = () => pythonWith('field-clients', PYTHON);
const CONNECTIONS = 4;

/** A program that reads `METHOD URL BODY_BYTES` lines and ends. @type {NonNullable<ClientRow['ask']>} */
async function askLines({ child }, base, asks) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdout?.resume();
  child.stdin?.end(asks.map(({ method, target, body }) => `${method} ${base}${target} ${body}\n`).join(''));
  await ended;
}

/** @type {NonNullable<ClientRow['ask']>} */
async function askCurl({ child }, base, asks) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdout?.resume();
  const transfers = asks.map(({ method, target, body }) =>
    [
      `url = "${base}${target}"`,
      'output = /dev/null',
      ...(body > 0 ? [`data = ${'b'.repeat(body)}`] : []),
      ...(method === 'HEAD' ? ['head'] : []),
    ].join('\n'),
  );
  child.stdin?.end(`parallel\nparallel-max = ${CONNECTIONS}\n${transfers.join('\nnext\n')}\n`);
  await ended;
}

/** @param {string} kind @returns {ClientRow} */
function pythonRow(kind) {
  return {
    id: `client-${kind}`,
    stack: `Python, ${kind}`,
    prepare: python,
    start: async ({ word }) =>
      runProgram(await python(), [join(APPS, 'python/client.py'), kind, word], { ready: 'spawned' }),
    ask: askLines,
  };
}

/** @param {string} kind @returns {ClientRow} */
function nodeRow(kind) {
  return {
    id: `client-node-${kind}`,
    stack: `Node, ${kind}`,
    prepare: async () => {},
    start: ({ word }) =>
      runProgram(process.execPath, [join(APPS, 'node/client.mjs'), kind, word], { ready: 'spawned' }),
    ask: askLines,
  };
}

/** A load generator: one address, many times. @param {string} id @param {string} command @param {string} version @param {(context: import('../row.mjs').ClientContext, url: string) => readonly string[]} args @returns {ClientRow} */
function generator(id, command, version, args) {
  return {
    id: `client-${id}`,
    stack: id,
    // Some end with an error when they only say who they are.
    prepare: () => tool('/bin/sh', ['-c', `command -v ${command} && { ${command} ${version} || true; }`]),
    start: (context) =>
      runProgram(command, args(context, `${context.base}/make/repeated-0?status=203&body=123&delay=12&head=300`), {
        ready: 'spawned',
        env: { HOME: context.folder },
      }),
  };
}

const vegeta = () =>
  cached('vegeta', ['v12.13.0'], async (folder) => {
    await tool('go', ['install', 'github.com/tsenart/vegeta/v12@v12.13.0'], { env: { GOBIN: folder } });
  });

/** @type {readonly ClientRow[]} */
export const clientRows = [
  {
    id: 'client-curl',
    stack: 'curl --parallel',
    prepare: () => tool('curl', ['--version']),
    start: ({ word }) =>
      runProgram('curl', ['--user-agent', word, '--no-progress-meter', '--config', '-'], { ready: 'spawned' }),
    ask: askCurl,
  },
  ...['httpx', 'requests', 'pycurl', 'aiohttp', 'urllib'].map(pythonRow),
  ...['fetch', 'http'].map(nodeRow),
  generator('hey', '/usr/bin/hey', '-h', ({ repeats, word }, url) => [
    '-n',
    `${repeats}`,
    '-c',
    '4',
    '-H',
    `X-Word: ${word}`,
    url,
  ]),
  generator('ab', '/usr/bin/ab', '-V', ({ repeats, word }, url) => [
    '-n',
    `${repeats}`,
    '-c',
    '4',
    '-k',
    '-H',
    `X-Word: ${word}`,
    url,
  ]),
  generator('wrk', '/usr/bin/wrk', '-v', ({ word }, url) => ['-t2', '-c4', '-d2s', '-H', `X-Word: ${word}`, url]),
  generator('siege', '/usr/bin/siege', '-V', ({ repeats, word }, url) => [
    '-r',
    `${repeats / 4}`,
    '-c4',
    '-b',
    '-q',
    '-A',
    word,
    url,
  ]),
  {
    id: 'client-vegeta',
    stack: 'vegeta',
    prepare: vegeta,
    async start({ base, repeats, word }) {
      const url = `${base}/make/repeated-0?status=203&body=123&delay=12&head=300`;
      const args = [
        'attack',
        '-rate',
        '30',
        '-duration',
        `${repeats / 30}s`,
        '-header',
        `X-Word: ${word}`,
        '-output',
        '/dev/null',
      ];
      const app = await runProgram(join(await vegeta(), 'vegeta'), args, { ready: 'spawned' });
      app.child.stdin?.end(`GET ${url}\n`);
      return app;
    },
  },
];

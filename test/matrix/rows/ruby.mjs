// @ts-check
import { fileURLToPath } from 'node:url';
import { tool } from '../cache.mjs';
import { commandedClient, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/ruby/', import.meta.url));
const RUBY = '/usr/bin/ruby';

/** @type {import('../row.mjs').ServerSide['start']} */
async function startPuma({ words, word }) {
  const env = { MATRIX_WORDS: words.join(' ') };
  const args = ['-C', `${APPS}puma-server.rb`, '--tag', word];
  return await runProgram('/usr/bin/puma', args, { env, ready: /Worker \d+ \(PID: \d+\) booted/ });
}

const onlyHttp1 = { others: 'it speaks HTTP/1 only' };

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'ruby-puma',
    language: 'Ruby',
    stack: 'Puma',
    prepare: () => tool('/usr/bin/puma', ['--version']),
    server: { columns: ['http1', 'https1'], start: startPuma },
    cannot: { server: onlyHttp1, client: { others: 'it is a server only' } },
  },
  {
    id: 'ruby',
    language: 'Ruby',
    stack: 'WEBrick, net/http',
    prepare: () => tool(RUBY, ['-e', 'require "webrick"']),
    server: {
      columns: ['http1', 'https1'],
      start: ({ words }) => runProgram(RUBY, [`${APPS}webrick-server.rb`, ...words]),
    },
    client: {
      columns: ['http1', 'https1'],
      start: async (context) =>
        commandedClient(await runProgram(RUBY, [`${APPS}net-http-client.rb`, ...context.words]), context),
    },
    cannot: { server: onlyHttp1, client: onlyHttp1 },
  },
];

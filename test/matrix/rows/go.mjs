// @ts-check
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, tool } from '../cache.mjs';
import { commandedClient, runProgram } from '../row.mjs';
import { copySources, sourcesOf } from '../sources.mjs';

const APPS = fileURLToPath(new URL('../apps/go/', import.meta.url));
/** The modules know their own versions; what the machine's Go is configured to must not change the build. */
const ENV = { GOENV: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
/** The oldest with modules as they are today; it comes as a module itself. Its calls pass arguments on the stack. */
const OLDEST = '1.13.15';

/** @type {readonly import('../row.mjs').ColumnId[]} */
const ALL = ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs'];

/**
 * @typedef {object} Build
 * @property {string} id
 * @property {string} stack
 * @property {readonly string[]} [flags]
 * @property {Readonly<Record<string, string>>} [env]
 * @property {boolean} [oldest] built by the oldest Go, with the packages of its time
 */

/** @param {Build} build @returns {() => Promise<string>} */
function builder({ id, flags = [], env = {}, oldest = false }) {
  const settings = { ...ENV, ...env, ...(oldest ? { GOTOOLCHAIN: `go${OLDEST}` } : {}) };
  return async () => {
    const version = await tool('go', ['version'], { env: settings });
    const inputs = [version, JSON.stringify([flags, settings]), ...sourcesOf(APPS)];
    const folder = await cached(id, inputs, async (at) => {
      copySources(APPS, at);
      if (oldest) for (const file of ['go.mod', 'go.sum']) copyFileSync(join(at, 'oldest', file), join(at, file));
      await tool('nice', ['-n', '10', 'go', 'build', ...flags, '-o', 'app', '.'], { cwd: at, env: settings });
    });
    return join(folder, 'app');
  };
}

/** @param {Build} build @returns {import('../row.mjs').Row} */
function row(build) {
  const executable = builder(build);
  return {
    id: build.id,
    language: 'Go',
    stack: build.stack,
    prepare: executable,
    server: { columns: ALL, start: async ({ words }) => runProgram(await executable(), ['server', ...words]) },
    client: {
      columns: ALL,
      start: async (context) =>
        commandedClient(await runProgram(await executable(), ['client', ...context.words]), context),
    },
    cannot: {},
  };
}

export const rows = [
  row({ id: 'go', stack: 'net/http, grpc-go' }),
  row({ id: 'go-stripped', stack: 'the same, stripped (-s -w)', flags: ['-trimpath', '-ldflags=-s -w'] }),
  row({
    id: 'go-pie',
    stack: 'the same, PIE with cgo, stripped',
    flags: ['-buildmode=pie', '-ldflags=-s -w -linkmode=external'],
    env: { CGO_ENABLED: '1' },
  }),
  row({ id: 'go-oldest', stack: `net/http, grpc-go of Go ${OLDEST}`, oldest: true }),
];

// @ts-check
/**
 * A row of the matrix: one stack of one language. `cannot` has the reason for every column a side does not have; `unseen` has
 * the reason for those that it has and that are not seen: there the test is that nothing is reported.
 *
 * @typedef {import('./columns.mjs').ColumnId} ColumnId
 * @typedef {import('../support/run-app.mjs').App} App
 * @typedef {Partial<Record<ColumnId | 'others', string>>} Reasons
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} language
 * @property {string} stack
 * @property {() => Promise<unknown>} prepare installs and builds what it needs; throws `Unavailable` with the cause when it cannot
 * @property {ServerSide} [server]
 * @property {ClientSide} [client]
 * @property {{ server?: Reasons, client?: Reasons }} cannot
 * @property {{ server?: Reasons, client?: Reasons }} [unseen]
 * @property {{ server?: Reasons, client?: Reasons }} [wrong] known to be wrong, at times or always, and why: told, but no failure
 *
 * @typedef {object} ServerSide
 * @property {readonly ColumnId[]} columns
 * @property {(context: ServerContext) => Promise<App | readonly App[]>} start resolves when all its columns are served
 * @property {Readonly<Record<string, number>>} [answers] the status of an answer where it is not that of apps/README.md
 *
 * @typedef {object} ClientSide
 * @property {readonly ColumnId[]} columns
 * @property {(context: Context) => Promise<Client>} start
 *
 * @typedef {object} Client
 * @property {readonly App[]} apps
 * @property {(column: ColumnId, first: number, count: number, connections: number) => Promise<unknown>} send
 * @property {boolean} [once] `send` works once for a column, and so not before the tracer begins
 *
 * @typedef {object} Context
 * @property {string} word is to be on the command line: it is how the process is found
 * @property {string} folder of its own, removed afterwards
 * @property {import('../support/tls-files.mjs').TlsFiles} tls
 * @property {Readonly<Record<ColumnId, string>>} urls of the reference servers
 * @property {import('./peer.mjs').Peer} peer
 * @property {readonly string[]} words the arguments of apps/README.md
 *
 * @typedef {Context & { ports: Readonly<Record<ColumnId, number>> }} ServerContext
 */

import { once } from 'node:events';
import { readFileSync, watch, writeFileSync } from 'node:fs';
import { freePorts, runApp } from '../support/run-app.mjs';

const LOG_TIMEOUT_MS = 10_000;

/** A free port for each of these. @param {readonly ColumnId[]} columns @returns {Promise<Record<ColumnId, number>>} */
export async function portsOf(columns) {
  const free = await freePorts(columns.length);
  const pairs = columns.map((column, at) => [column, /** @type {number} */ (free[at])]);
  return /** @type {Record<ColumnId, number>} */ (Object.fromEntries(pairs));
}

/**
 * Starts a program that prints READY, as apps/README.md has it.
 *
 * @param {string} command @param {readonly string[]} args @param {Parameters<typeof runApp>[3]} [options]
 */
export function runProgram(command, args, options = {}) {
  return runApp(command.replace(/^.*\//, ''), command, args, { ready: /^READY$/, port: 0, ...options });
}

/**
 * Starts a program that opens its log itself, which it cannot where its standard error is a socket, and resolves when the log has `text`.
 *
 * @param {string} command @param {readonly string[]} args @param {string} log @param {string} text
 */
export async function runLogging(command, args, log, text) {
  writeFileSync(log, '');
  const app = await runProgram(command, args, { ready: 'spawned' });
  const isReady = () => readFileSync(log, 'utf8').includes(text);
  const watcher = watch(log);
  const signal = AbortSignal.timeout(LOG_TIMEOUT_MS);
  try {
    while (!isReady()) await once(watcher, 'change', { signal });
    return app;
  } catch {
    await app.stop();
    throw new Error(`${app.name} did not log '${text}'\n${app.stderr()}${readFileSync(log, 'utf8')}`);
  } finally {
    watcher.close();
  }
}

/**
 * A client that is told what to do on its standard input, as apps/README.md has it.
 *
 * @param {App} app @param {Context} context
 * @returns {Client}
 */
export function commandedClient(app, { urls }) {
  return {
    apps: [app],
    async send(column, first, count, connections) {
      const answer = app.line(new RegExp(`^(DONE|FAILED) ${column}\\b.*$`));
      app.write(`${column} ${urls[column]} ${first} ${count} ${connections}\n`);
      const [line] = await answer;
      if (!line.startsWith('DONE')) throw new Error(line);
    },
  };
}

/**
 * A reverse proxy as a client: the peer asks it on a port for each column, and it asks the reference servers.
 *
 * @param {Context} context
 * @param {readonly ColumnId[]} columns
 * @param {(ports: Record<ColumnId, number>) => Promise<App>} start serves HTTP/1, or gRPC without TLS for gRPC columns
 * @returns {Promise<Client>}
 */
export async function proxyClient({ peer }, columns, start) {
  const ports = await portsOf(columns);
  const app = await start(ports);
  return {
    apps: [app],
    send(column, first, count, connections) {
      const front = column.startsWith('grpc') ? 'grpc' : 'http1';
      return peer.send({ column: front, port: ports[column], first, count, connections });
    },
  };
}

/**
 * A client that reads all it is to do from its standard input before it begins: a program for each column.
 *
 * @param {readonly ColumnId[]} columns
 * @param {(column: ColumnId) => { command: string, args: readonly string[] }} program
 * @param {(column: ColumnId, first: number, count: number, connections: number) => string} input
 * @returns {Promise<Client>}
 */
export async function programsClient(columns, program, input) {
  /** @type {Map<ColumnId, App>} */
  const apps = new Map();
  for (const column of columns) {
    const { command, args } = program(column);
    apps.set(column, await runProgram(command, args, { ready: 'spawned' }));
  }
  return {
    apps: [...apps.values()],
    once: true,
    async send(column, ...load) {
      const { child } = /** @type {App} */ (apps.get(column));
      const ended = new Promise((resolve, reject) => {
        child.once('exit', (code) => (code === 0 ? resolve(code) : reject(new Error(`${column} ended with ${code}`))));
      });
      // Nobody else reads it, and a full pipe would stop the program.
      child.stdout?.resume();
      child.stdin?.end(input(column, ...load));
      await ended;
    },
  };
}

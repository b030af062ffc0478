// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { writeNginxConfig } from '../apps/nginx.conf.mjs';

const APPS = fileURLToPath(new URL('../apps/', import.meta.url));
const START_TIMEOUT_MS = 15_000;

/**
 * A program under test, started by us and ended by us, by its own process id.
 *
 * @typedef {object} App
 * @property {string} name
 * @property {number} pid
 * @property {() => number[]} pids its own process id and those of its descendants now
 * @property {number} port what it listens on
 * @property {import('node:child_process').ChildProcess} child
 * @property {() => string} stderr what it has complained about so far
 * @property {(text: string) => void} write to its standard input
 * @property {(pattern: RegExp) => Promise<RegExpExecArray>} line the next line of standard output that matches
 * @property {() => Promise<void>} stop
 */

/** @param {number} pid @returns {number[]} */
function descendantsOf(pid) {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** @param {number} pid @returns {number[]} */
function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/**
 * Starts a program and resolves when it says it is ready.
 *
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ ready?: RegExp | 'spawned', on?: 'stdout' | 'stderr', cwd?: string, env?: NodeJS.ProcessEnv, port?: number, timeoutMs?: number, dispose?: () => void }} [options]
 *   `ready` has the port as its first group, unless `port` says it
 * @returns {Promise<App>}
 */
export async function runApp(name, command, args, options = {}) {
  const { ready = /^READY (\d+)$/, on = 'stdout', cwd, env, port, timeoutMs = START_TIMEOUT_MS, dispose } = options;
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const exited = once(child, 'exit');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  // A program that is already gone does not read what is still written to it.
  child.stdin.on('error', () => {});
  const lines = { stdout: createInterface({ input: child.stdout }), stderr: createInterface({ input: child.stderr }) };

  /** @param {RegExp} pattern @param {'stdout' | 'stderr'} stream @returns {Promise<RegExpExecArray>} */
  function nextLine(pattern, stream) {
    return new Promise((resolve, reject) => {
      /** @param {string} [error] @param {RegExpExecArray} [match] */
      const settle = (error, match) => {
        clearTimeout(timer);
        lines[stream].off('line', onLine);
        child.off('exit', onExit);
        if (match) resolve(match);
        else reject(new Error(`${name} (${command} ${args.join(' ')}) ${error}\n${stderr}`));
      };
      /** @param {string} line */
      const onLine = (line) => {
        const match = pattern.exec(line);
        if (match) settle(undefined, match);
      };
      const onExit = () => settle('ended before it was ready');
      const timer = setTimeout(settle, timeoutMs, `did not print ${pattern} in ${timeoutMs} ms`);
      lines[stream].on('line', onLine);
      child.once('exit', onExit);
      if (child.exitCode !== null) onExit();
    });
  }

  // Also when whoever started it ends without stopping it.
  const end = () => {
    child.kill('SIGTERM');
    dispose?.();
  };
  process.once('exit', end);
  const stop = async () => {
    process.off('exit', end);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(timer);
    }
    dispose?.();
  };

  /** @type {RegExpExecArray | undefined} */
  let match;
  try {
    const [first] = await Promise.all([ready === 'spawned' ? undefined : nextLine(ready, on), once(child, 'spawn')]);
    match = first;
  } catch (error) {
    if (child.pid !== undefined) await stop();
    throw error;
  }
  const pid = /** @type {number} */ (child.pid);
  return {
    name,
    pid,
    pids: () => [pid, ...descendantsOf(pid)],
    port: port ?? Number(match?.[1]),
    child,
    stderr: () => stderr,
    write: (text) => child.stdin.write(text),
    line: (pattern) => nextLine(pattern, 'stdout'),
    stop,
  };
}

/** @param {readonly string[]} args @param {{ ready?: RegExp, executable?: string, env?: NodeJS.ProcessEnv }} [options] */
export function runNode(args = [], { executable = process.execPath, ...options } = {}) {
  return runApp('node', executable, [join(APPS, 'node-server.mjs'), ...args], options);
}

export function runOdd() {
  return runApp('odd', process.execPath, [join(APPS, 'odd-server.mjs')]);
}

/** @param {readonly string[]} args */
export function runNodeGrpc(args = []) {
  return runApp('node-grpc', process.execPath, [join(APPS, 'node-grpc-server.mjs'), ...args]);
}

/** @param {readonly string[]} args */
export function runNodeClient(args = []) {
  return runApp('node-client', process.execPath, [join(APPS, 'node-client.mjs'), ...args]);
}

/** @param {'python-server.py' | 'asyncio-server.py' | 'served-elsewhere.py' | 'socket-kinds.py'} script @param {readonly string[]} args @param {{ ready?: RegExp }} [options] */
export function runPython(script, args = [], options = {}) {
  return runApp(script.replace('-server.py', ''), '/usr/bin/python3', [join(APPS, script), ...args], options);
}

/**
 * Starts nginx in a directory of its own on a free port.
 *
 * @param {{ upstreamPort?: number, deferred?: boolean, workers?: number, tls?: { cert: string, key: string } }} [options]
 */
export async function runNginx(options = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'beyla-nginx-'));
  const port = await freePort();
  const config = writeNginxConfig({ directory, port, ...options });
  return await runApp('nginx', '/usr/sbin/nginx', ['-p', directory, '-c', config, '-e', 'stderr'], {
    ready: /start worker process \d+/,
    on: 'stderr',
    port,
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  });
}

/**
 * A port that nothing listens on, for programs that cannot choose one themselves.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  const [port] = await freePorts(1);
  return /** @type {number} */ (port);
}

/**
 * So many different ones.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  return ports;
}

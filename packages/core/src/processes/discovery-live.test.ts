import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Discovery } from './discovery.ts';
import type { ProcessInfo } from './process.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const NODE_SERVER = `
const server = require('node:http').createServer((request, response) => response.end());
process.stdin.on('data', () => server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening')));
console.log('ready');
`;
const CLUSTER = `
const cluster = require('node:cluster');
if (cluster.isPrimary) { cluster.fork().on('online', () => console.log('ready')); process.stdin.resume(); }
else process.on('disconnect', () => process.exit());
`;

/** Every program of this test is called by this directory, so that no selector can match anything else on the machine. */
let directory: string;
let children: ChildProcess[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'beyla-discovery-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  rmSync(directory, { recursive: true });
});

/** Starts a program and waits for its first line of output. */
async function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  children.push(child);
  await nextLine(child);
  return child as ChildProcess & { pid: number };
}

async function nextLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  return line;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function script(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function nextChange(discovery: Discovery): Promise<{ type: string; process: ProcessInfo }> {
  return new Promise((resolve) => {
    discovery.once('process', resolve);
  });
}

describe.runIf(process.platform === 'linux')('Discovery on this machine', () => {
  it('describes a Node.js server that runs already, and tells of its end', async () => {
    const child = await run(process.execPath, [script('cart.cjs', NODE_SERVER), '0'], {
      OTEL_RESOURCE_ATTRIBUTES: 'team=a',
    });
    await using discovery = new Discovery({
      instrument: [{ cmdArgs: `*${directory}/cart.cjs*` }],
      pollIntervalMs: 100,
    });
    await discovery.start();
    expect(discovery.processes).toEqual([
      {
        pid: child.pid,
        startTicks: expect.any(Number),
        executable: expect.stringMatching(/node$/),
        commandLine: [process.execPath, join(directory, 'cart.cjs'), '0'],
        language: 'nodejs',
        service: { name: 'cart', namespace: '', instanceId: `${hostname()}:${child.pid}` },
        resource: { team: 'a' },
      },
    ]);
    const ended = nextChange(discovery);
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ type: 'ended', process: { pid: child.pid } });
  });

  it('selects a server by port when it begins to listen, with the namespace of its network', async () => {
    const port = await freePort();
    const child = await run(process.execPath, [script('late.cjs', NODE_SERVER), String(port)]);
    const selected: unknown[] = [];
    await using discovery = new Discovery(
      { instrument: [{ openPorts: port }], pollIntervalMs: 100 },
      {
        sink: {
          select: ({ pid }, ports) => selected.push([pid, ports]),
          addPort: () => undefined,
          deselect: () => undefined,
        },
      },
    );
    await discovery.start();
    expect(discovery.processes).toEqual([]);
    const started = nextChange(discovery);
    child.stdin?.write('\n');
    expect(await started).toMatchObject({ type: 'started', process: { pid: child.pid, service: { name: 'late' } } });
    expect(selected).toEqual([[child.pid, [{ netns: statSync('/proc/self/ns/net').ino, port }]]]);
  });

  it.runIf(hasPython)('finds a Python module by an exec hint long before the next comparison', async () => {
    const port = await freePort();
    await using discovery = new Discovery({
      instrument: [{ exePath: '*/python3*', cmdArgs: `*http.server ${port} * ${directory}` }],
      pollIntervalMs: 1_000_000,
    });
    await discovery.start();
    const started = nextChange(discovery);
    const child = await run('sh', [
      '-c',
      `echo ready; exec python3 -m http.server ${port} -b 127.0.0.1 -d ${directory} 2>/dev/null`,
    ]);
    // The shell becomes Python a moment later, as its command line shows: only then has the exec, which is hinted at, happened.
    await expect.poll(() => discovery.hintExec(child.pid) ?? discovery.processes.length, { interval: 30 }).toBe(1);
    expect(await started).toMatchObject({
      process: { pid: child.pid, language: 'python', service: { name: 'http.server' } },
    });
  });

  it('selects the worker that a cluster has forked', async () => {
    const child = await run(process.execPath, [script('pool.cjs', CLUSTER)]);
    await using discovery = new Discovery({
      instrument: [{ targetPids: [child.pid], name: 'pool', namespace: 'shop' }],
    });
    await discovery.start();
    expect(discovery.processes).toHaveLength(2);
    for (const { service } of discovery.processes) expect(service).toMatchObject({ name: 'pool', namespace: 'shop' });
  });

  it('leaves unselected everything that is running, its own process included', async () => {
    await using discovery = new Discovery({
      instrument: [{ cmdArgs: `*${directory}*` }, { targetPids: [process.pid] }],
    });
    await discovery.start();
    expect(discovery.processes).toEqual([]);
  });

  it('does not keep a program alive by itself', async () => {
    const made = vi.spyOn(globalThis, 'setTimeout');
    await using discovery = new Discovery({ instrument: [{ cmdArgs: `*${directory}*` }] });
    await discovery.start();
    discovery.hintExec(process.pid);
    const timers = made.mock.results.map(({ value }) => value as NodeJS.Timeout);
    made.mockRestore();
    expect(timers).toHaveLength(2);
    expect(timers.some((timer) => timer.hasRef())).toBe(false);
  });

  it('does not start once it is aborted', async () => {
    const discovery = new Discovery({ instrument: [{ cmdArgs: `*${directory}*` }] });
    await expect(discovery.start(AbortSignal.abort())).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

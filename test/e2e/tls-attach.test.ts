import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { compileApp } from '../support/compile-app.mjs';
import { systemOpenssl } from '../support/libssl.mjs';
import { type App, runApp } from '../support/run-app.mjs';
import { makeTlsFiles, type TlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const server = new URL('../apps/tls-server.py', import.meta.url).pathname;
/** What the tests say of a file with probes. */
interface Tapped {
  readonly path: string;
  readonly about: string;
  readonly processes: readonly number[];
  readonly probes: readonly string[];
}

let files: TlsFiles;
let lateClient: string;
beforeAll(async () => {
  files = makeTlsFiles();
  lateClient = await compileApp('tls-late-client.c');
});
afterAll(() => files.remove());

function runServer(...args: string[]): Promise<App> {
  return runApp('tls-server', '/usr/bin/python3', [server, files.cert, files.key, ...args]);
}

function runLateClient(library: string, io: 'socket' | 'memory', env: NodeJS.ProcessEnv = {}): Promise<App> {
  return runApp('tls-late-client', lateClient, [library, io], { ready: /^READY$/, port: 0, env });
}

/** Tells it what to do, and resolves when it has. */
async function tell(client: App, command: string): Promise<void> {
  const done = client.line(/^(LOADED|DONE 200 \d+)$/);
  client.write(`${command}\n`);
  await done;
}

/** Sends requests one after another over one connection. */
async function send(port: number, paths: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(files.ca) });
  try {
    for (const path of paths) {
      const request = get({ host: '127.0.0.1', port, path, agent });
      const [response] = await once(request, 'response');
      let body = '';
      for await (const piece of response.setEncoding('utf8')) body += piece;
      expect(body).toBe(path);
    }
  } finally {
    agent.destroy();
  }
}

function paths(name: string, count = 10): string[] {
  return Array.from({ length: count }, (_, index) => `/${name}/${index}`);
}

function tapped({ beyla }: Pick<Watch, 'beyla'>): readonly Tapped[] {
  const { tracer } = beyla.debugInfo() as { tracer: { taps: { files: readonly Tapped[] } } };
  return tracer.taps.files;
}

function pathsOf(watching: Watch): string[] {
  return watching.spans.map(({ path }) => path);
}

describe('TLS taps are attached', needsBpf, () => {
  it('to a process that runs already, before it is announced', async () => {
    const app = use(await runServer());
    const watching = use(await watch({ pids: [app.pid] }));
    const [file, ...others] = tapped(watching);
    expect(others).toEqual([]);
    expect(file).toMatchObject({ about: 'OpenSSL', processes: [app.pid] });
    await send(app.port, paths('running'));
    await watching.settled(10);
    await watching.finish();
    expect(pathsOf(watching)).toEqual(paths('running'));
    expect(new Set(watching.spans.map((span) => ('scheme' in span ? span.scheme : undefined)))).toEqual(
      new Set(['https']),
    );
  });

  it('to a process that is started later: not one request is missed', async () => {
    const watching = use(await watch({ discovery: { instrument: [{ cmdArgs: `*${files.cert}*` }] } }));
    const app = use(await runServer());
    await watching.started(({ pid }) => pid === app.pid);
    await send(app.port, paths('started'));
    await watching.settled(10);
    await watching.finish();
    expect(pathsOf(watching)).toEqual(paths('started'));
  });

  it('to a library that a process loads long after its selection', async () => {
    const app = use(
      await runApp('tls-server', '/usr/bin/python3', [server, files.cert, files.key, '--late'], { ready: /^STARTED$/ }),
    );
    const watching = use(await watch({ pids: [app.pid] }));
    expect(tapped(watching)).toEqual([]);
    const ready = app.line(/^READY (\d+)$/);
    app.write('go\n');
    const port = Number((await ready)[1]);
    await expect.poll(() => tapped(watching).length).toBe(1);
    await send(port, paths('late'));
    await watching.settled(10);
    await watching.finish();
    expect(pathsOf(watching)).toEqual(paths('late'));
  });

  it.each(['socket', 'memory'] as const)(
    'to OpenSSL that a client loads and uses at once, over its %s: its first request is seen',
    async (io) => {
      const app = use(await runServer());
      const client = use(await runLateClient('libssl.so.3', io));
      const watching = use(await watch({ pids: [client.pid] }));
      expect(tapped(watching)).toEqual([]);
      for (const path of paths(io)) await tell(client, `get ${app.port} ${path}`);
      await watching.settled(10);
      await watching.finish();
      expect(pathsOf(watching)).toEqual(paths(io));
      expect(Object.entries(watching.beyla.stats().drops).filter(([, count]) => count > 0)).toEqual([]);
    },
  );

  it('to a library in LD_LIBRARY_PATH that is used at once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-path-'));
    try {
      copyFileSync(systemOpenssl().ssl, join(directory, 'libssl.so.3'));
      const app = use(await runServer());
      const client = use(await runLateClient('libssl.so.3', 'socket', { LD_LIBRARY_PATH: directory }));
      const watching = use(await watch({ pids: [client.pid] }));
      await tell(client, `get ${app.port} /path`);
      await watching.settled(1);
      await expect.poll(() => tapped(watching)).toMatchObject([{ path: join(directory, 'libssl.so.3') }]);
      expect(pathsOf(watching)).toEqual(['/path']);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('to a library that nobody could look for, as soon as the loader has it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-unpacked-'));
    const library = join(directory, 'libssl-unpacked.so');
    copyFileSync(systemOpenssl().ssl, library);
    const app = use(await runServer());
    const client = use(await runLateClient(library, 'memory'));
    const watching = use(await watch({ pids: [client.pid] }));
    expect(stat(watching, 'taps_loads_heard')).toBe(0);
    await tell(client, 'load');
    rmSync(directory, { recursive: true });
    await expect.poll(() => stat(watching, 'taps_loads_heard')).toBeGreaterThan(0);
    await expect.poll(() => tapped(watching)).toMatchObject([{ path: library }]);
    for (const path of paths('unpacked')) await tell(client, `get ${app.port} ${path}`);
    await watching.settled(10);
    expect(pathsOf(watching)).toEqual(paths('unpacked'));
  });

  it('at no cost for others while a process may load a library but has not', async () => {
    // A copy that nothing else on the machine has or watches.
    const directory = mkdtempSync(join(tmpdir(), 'beyla-shared-'));
    try {
      copyFileSync(systemOpenssl().ssl, join(directory, 'libssl.so.3'));
      const env = { LD_LIBRARY_PATH: directory };
      const stranger = use(await runApp('tls-server', '/usr/bin/python3', [server, files.cert, files.key], { env }));
      const client = use(await runLateClient('libssl.so.3', 'socket', env));
      const watching = use(await watch({ pids: [client.pid] }));
      expect(stat(watching, 'taps_libraries_awaited')).toBeGreaterThan(0);
      expect(stat(watching, 'taps_loaders_heard')).toBe(1);
      for (const name of ['libssl', 'ld-linux']) expect(hasProbes(stranger.pid, name)).toBe(false);
      expect(hasProbes(client.pid, 'ld-linux')).toBe(true);
      await tell(client, 'load');
      expect(hasProbes(client.pid, 'libssl')).toBe(true);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('to a copy of the library that only a mount namespace sees', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-ns-'));
    try {
      const library = systemOpenssl().ssl;
      const copy = join(directory, 'libssl-copy');
      copyFileSync(library, copy);
      const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
      const python = ['/usr/bin/python3', server, files.cert, files.key];
      const app = use(
        await runApp('tls-server', '/usr/bin/unshare', ['-m', 'sh', '-c', script, 'sh', copy, library, ...python]),
      );
      const watching = use(await watch({ pids: [app.pid] }));
      expect(tapped(watching)).toMatchObject([{ path: library, processes: [app.pid] }]);
      await send(app.port, paths('namespace'));
      await watching.settled(10);
      await watching.finish();
      expect(pathsOf(watching)).toEqual(paths('namespace'));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('to a copy of the library on a file system that only a process with another root sees', async () => {
    const root = mkdtempSync(join(tmpdir(), 'beyla-root-'));
    try {
      // The program is in a root of its own, whose /mnt is in memory; nothing of that can be reached by these paths from here.
      const script =
        'mount --rbind / "$1" && mount -t tmpfs none "$1/mnt" && cp "$2" "$1/mnt/libssl.so.3" && r=$1 && shift 2 && exec chroot "$r" "$@"';
      const python = ['/usr/bin/env', 'LD_LIBRARY_PATH=/mnt', '/usr/bin/python3', server, files.cert, files.key];
      const unshare = [
        '-m',
        '--propagation',
        'private',
        'sh',
        '-c',
        script,
        'sh',
        root,
        systemOpenssl().ssl,
        ...python,
      ];
      const app = use(await runApp('tls-server', '/usr/bin/unshare', unshare));
      const watching = use(await watch({ pids: [app.pid] }));
      expect(tapped(watching)).toMatchObject([{ about: 'OpenSSL', processes: [app.pid] }]);
      expect(tapped(watching)[0]?.path).toMatch(/\/mnt\/libssl\.so\.3$/);
      await send(app.port, paths('root'));
      await watching.settled(10);
      await watching.finish();
      expect(pathsOf(watching)).toEqual(paths('root'));
    } finally {
      // Never recursively: if the mount were seen from here, that would be everything.
      rmdirSync(root);
    }
  });

  it('to a library that was deleted after the process had loaded it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-deleted-'));
    const copy = join(directory, 'libssl.so.3');
    copyFileSync(systemOpenssl().ssl, copy);
    const app = use(
      await runApp('tls-server', '/usr/bin/python3', [server, files.cert, files.key], {
        env: { LD_LIBRARY_PATH: directory },
      }),
    );
    rmSync(directory, { recursive: true });
    const watching = use(await watch({ pids: [app.pid] }));
    expect(tapped(watching)).toMatchObject([{ path: copy }]);
    await send(app.port, paths('deleted'));
    await watching.settled(10);
    await watching.finish();
    expect(pathsOf(watching)).toEqual(paths('deleted'));
  });

  it('once for two processes that share a library, and nothing is seen of a third that is not selected', async () => {
    const [first, second, stranger] = [use(await runServer()), use(await runServer()), use(await runServer())];
    const watching = use(await watch({ pids: [first.pid, second.pid] }));
    expect(tapped(watching)).toMatchObject([{ processes: [first.pid, second.pid] }]);
    await send(stranger.port, paths('stranger'));
    await send(first.port, paths('first'));
    await send(second.port, paths('second'));
    await watching.settled(20);
    await watching.finish();
    expect(pathsOf(watching)).toEqual([...paths('first'), ...paths('second')]);
    expect(new Set(watching.spans.map(({ process }) => process.pid))).toEqual(new Set([first.pid, second.pid]));
  });

  it('once to a file that two containers see through overlays of their own', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-overlay-'));
    try {
      const at = (...names: string[]): string => join(directory, ...names);
      for (const name of ['lower', '1/upper', '1/work', '1/root', '2/upper', '2/work', '2/root'])
        mkdirSync(at(name), { recursive: true });
      copyFileSync(systemOpenssl().ssl, at('lower', 'libssl.so.3'));
      const script = 'mount -t overlay test -o "$1" "$2" && export LD_LIBRARY_PATH="$2" && shift 2 && exec "$@"';
      const run = (name: string): Promise<App> => {
        const layers = `lowerdir=${at('lower')},upperdir=${at(name, 'upper')},workdir=${at(name, 'work')}`;
        const python = ['/usr/bin/python3', server, files.cert, files.key];
        return runApp('tls-server', '/usr/bin/unshare', [
          '-m',
          'sh',
          '-c',
          script,
          'sh',
          layers,
          at(name, 'root'),
          ...python,
        ]);
      };
      const [first, second] = [use(await run('1')), use(await run('2'))];
      const watching = use(await watch({ pids: [first.pid, second.pid] }));
      expect(tapped(watching)).toMatchObject([{ processes: [first.pid, second.pid] }]);
      await send(first.port, paths('first'));
      await send(second.port, paths('second'));
      await watching.settled(20);
      await watching.finish();
      expect(pathsOf(watching)).toEqual([...paths('first'), ...paths('second')]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('on instructions that the kernel emulates', async () => {
    const app = use(await runServer());
    const watching = use(await watch({ pids: [app.pid] }));
    const probes = tapped(watching).flatMap((file) => file.probes);
    expect(probes.length).toBeGreaterThan(5);
    // Behind the work that SSL_write_ex and SSL_sendfile do, nothing but the return itself shows the result.
    const stepped = probes.filter((probe) => !probe.endsWith(', emulated'));
    expect(stepped.filter((probe) => !/^SSL_(write_ex|sendfile): openssl_return /.test(probe))).toEqual([]);
  });

  it('not at all where they are switched off: such connections are counted, and named', async () => {
    const app = use(await runServer());
    const watching = use(await watch({ pids: [app.pid], tracer: { taps: { openssl: false, goTls: false } } }));
    expect(tapped(watching)).toEqual([]);
    await send(app.port, paths('off'));
    await expect.poll(() => watching.beyla.stats().drops['kernel.tls_untapped']).toBe(1);
    await expect.poll(() => watching.beyla.health().messages.join()).toContain(`process ${app.pid}`);
    await watching.finish();
    expect(watching.spans).toEqual([]);
  });
});
function stat(watching: Pick<Watch, 'beyla'>, name: string): number | undefined {
  const { tracer } = watching.beyla.debugInfo() as { tracer: { counters: Readonly<Record<string, number>> } };
  return tracer.counters[name];
}

/** Whether the code of a library that a process of ours has mapped differs from its file: the kernel puts a breakpoint where a probe is. */
function hasProbes(pid: number, name: string): boolean {
  const line = readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .find((text) => text.includes(`/${name}`) && text.includes(' r-xp '));
  const [range = '', , offset = '', , , path = ''] = line?.split(/ +/) ?? [];
  const [start = 0, end = 0] = range.split('-').map((address) => Number.parseInt(address, 16));
  const memory = Buffer.alloc(end - start);
  const file = openSync(`/proc/${pid}/mem`, 'r');
  readSync(file, memory, 0, memory.length, start);
  closeSync(file);
  const fileOffset = Number.parseInt(offset, 16);
  const code = readFileSync(path).subarray(fileOffset, fileOffset + memory.length);
  return !memory.subarray(0, code.length).equals(code);
}
